#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transforms/sample.h"

namespace trivox {

/// One sequence of one case that was laid onto its reference.
struct CaseRegistration {
  std::string id, reference, sequence;
  std::string outcome;  ///< "refined", "header" or "rejected"
  RegistrationRecord record;
};

/// Those of a sample's channels, in their order.
[[nodiscard]] std::vector<CaseRegistration> registrations_of(const std::string& id,
                                                             std::span<const ChannelProvenance> channels);

/// By sequence and outcome, how many.
using RegistrationCounts = std::map<std::string, std::map<std::string, uint64_t>>;
[[nodiscard]] RegistrationCounts count_registrations(std::span<const CaseRegistration> all);

inline constexpr std::string_view kRegistrationsName = "registration.csv";

/// Writes registration.csv (docs/registration.md) into `folder`: one line for every one, in the order given;
/// only the header where there is none. A figure that is not known is an empty cell. Atomic; throws Error.
void write_registrations(const std::filesystem::path& folder, std::span<const CaseRegistration> all);

}  // namespace trivox
