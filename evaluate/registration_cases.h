#pragma once
#include <span>
#include <vector>

#include "evaluate/registration_pictures.h"
#include "loader/case_registration.h"
#include "loader/dataset.h"

namespace trivox {

/// Pictures of registered sequences, in the order given, "after" by the answer that was found, whether it is
/// used or not. Both sequences are read again; what cannot be read or drawn has a fault instead. `options`:
/// as they were read, channels and labels resolved. The same for any number of threads.
[[nodiscard]] std::vector<RegistrationPictures> picture_registrations(
    std::span<const CaseRegistration> chosen, const Dataset& dataset, const DatasetOptions& options);

}  // namespace trivox
