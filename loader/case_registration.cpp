#include "loader/case_registration.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "loader/file.h"
#include "loader/text.h"

namespace trivox {
namespace {

constexpr std::string_view kHead =
    "id,sequence,reference,outcome,shift_mm,turn_deg,header_nats,found_nats,inconsistency_mm,overlap,"
    "other_frame,mask_dice_header,mask_dice_registered,mask_is_copy\n";

std::string number(double value) {
  if (!std::isfinite(value)) return {};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

std::string yes_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

std::vector<CaseRegistration> registrations_of(const std::string& id,
                                               std::span<const ChannelProvenance> channels) {
  const auto reference = std::ranges::find(channels, "reference", &ChannelProvenance::alignment);
  std::vector<CaseRegistration> out;
  for (const ChannelProvenance& channel : channels)
    if (channel.registration)
      out.push_back({id, reference == channels.end() ? "" : reference->name, channel.name, channel.alignment,
                     *channel.registration});
  return out;
}

RegistrationCounts count_registrations(std::span<const CaseRegistration> all) {
  RegistrationCounts counts;
  for (const CaseRegistration& one : all) ++counts[one.sequence][one.outcome];
  return counts;
}

void write_registrations(const std::filesystem::path& folder, std::span<const CaseRegistration> all) {
  std::string text(kHead);
  for (const CaseRegistration& one : all) {
    const RegistrationRecord& r = one.record;
    std::vector<std::string> cells = {one.id, one.sequence, one.reference, one.outcome};
    for (const double value :
         {r.shift_mm, r.turn_deg, r.header_nats, r.found_nats, r.inconsistency_mm, r.overlap})
      cells.push_back(number(value));
    cells.push_back(yes_no(r.is_other_frame));
    cells.push_back(r.masks ? number(r.masks->dice_header) : "");
    cells.push_back(r.masks ? number(r.masks->dice_registered) : "");
    cells.push_back(r.masks ? yes_no(r.masks->is_copy) : "");
    for (size_t i = 0; i < cells.size(); ++i)
      text.append(i > 0 ? "," : "").append(csv_cell(printable(cells[i])));
    text += "\n";
  }
  write_file_atomically(folder / kRegistrationsName, text);
}

}  // namespace trivox
