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
  bool is_quarantined = false;  ///< the case is in no shard, since one of its sequences was rejected
};

/// Those of a sample's channels, in their order.
[[nodiscard]] std::vector<CaseRegistration> registrations_of(const std::string& id,
                                                             std::span<const ChannelProvenance> channels);

/// By sequence and outcome, how many.
using RegistrationCounts = std::map<std::string, std::map<std::string, uint64_t>>;
[[nodiscard]] RegistrationCounts count_registrations(std::span<const CaseRegistration> all);

inline constexpr std::string_view kRegistrationsName = "registration.csv";

/// Writes registration.csv into `folder`: a row a sequence, in the order given, with every figure of its
/// record, `found` row by row (reference to sequence, RAS+ mm). RFC 4180; yes and no as 1 and 0; without
/// masks their cells are empty, as is what is no number; between reasons stands "; ". Atomic; throws Error.
void write_registrations(const std::filesystem::path& folder, std::span<const CaseRegistration> all);

}  // namespace trivox
