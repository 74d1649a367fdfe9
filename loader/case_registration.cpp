#include "loader/case_registration.h"

#include <algorithm>
#include <cmath>

#include "loader/file.h"
#include "loader/text.h"

namespace trivox {
namespace {

constexpr std::string_view kHead =
    "id,reference,sequence,outcome,quarantined,shift_mm,turn_deg,inconsistency_mm,overlap,header_nats,found_"
    "nats,"
    "other_frame,dice_header,dice_registered,masks_copied,found_xx,found_xy,found_xz,found_x_mm,found_yx,"
    "found_yy,found_yz,found_y_mm,found_zx,found_zy,found_zz,found_z_mm,reasons\n";

/// Empty for what is no number.
std::string number(double value) { return std::isfinite(value) ? number_text(value) : ""; }

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
    std::vector<std::string> cells = {one.id, one.reference, one.sequence, one.outcome,
                                      one.is_quarantined ? "1" : "0"};
    for (const double value :
         {r.shift_mm, r.turn_deg, r.inconsistency_mm, r.overlap, r.header_nats, r.found_nats})
      cells.push_back(number(value));
    cells.emplace_back(r.is_other_frame ? "1" : "0");
    cells.push_back(r.masks ? number(r.masks->dice_header) : "");
    cells.push_back(r.masks ? number(r.masks->dice_registered) : "");
    cells.emplace_back(!r.masks ? "" : r.masks->is_copy ? "1" : "0");
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 4; ++column) cells.push_back(number(r.found(row, column)));
    cells.push_back(joined(r.reasons, "; "));
    for (size_t i = 0; i < cells.size(); ++i)
      text.append(i > 0 ? "," : "").append(csv_cell(printable(cells[i])));
    text += "\n";
  }
  write_file_atomically(folder / kRegistrationsName, text);
}

}  // namespace trivox
