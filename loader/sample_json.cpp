#include "loader/sample_json.h"

#include "loader/json.h"

namespace trivox {

using json::Json;

namespace {

constexpr std::string_view kFormat = "trivox sample 1";

Json to_json(const RegistrationRecord& r) {
  Json out = {{"found", json::from_matrix(r.found)},
              {"header_nats", r.header_nats},
              {"found_nats", r.found_nats},
              {"shift_mm", r.shift_mm},
              {"turn_deg", r.turn_deg},
              {"inconsistency_mm", r.inconsistency_mm},
              {"overlap", r.overlap},
              {"other_frame", r.is_other_frame},
              {"reasons", r.reasons}};
  if (r.masks)
    out["masks"] = {{"dice_header", r.masks->dice_header},
                    {"dice_registered", r.masks->dice_registered},
                    {"copy", r.masks->is_copy}};
  return out;
}

RegistrationRecord registration_from(const Json& j) {
  RegistrationRecord r;
  r.found = json::matrix(j, "found");
  r.header_nats = json::number(j, "header_nats");
  r.found_nats = json::number(j, "found_nats");
  r.shift_mm = json::number(j, "shift_mm");
  r.turn_deg = json::number(j, "turn_deg");
  r.inconsistency_mm = json::number(j, "inconsistency_mm");
  r.overlap = json::number(j, "overlap");
  r.is_other_frame = json::flag(j, "other_frame");
  if (j.contains("reasons"))
    r.reasons = json::texts(j, "reasons");  // samples of versions before it lack them
  if (j.contains("masks")) {
    const Json& m = json::object(j, "masks");
    r.masks = {json::number(m, "dice_header"), json::number(m, "dice_registered"), json::flag(m, "copy")};
  }
  return r;
}

Json to_json(const ChannelProvenance& c) {
  Json out = {{"name", c.name},
              {"files", c.files},
              {"series_uid_xxh3", c.series_uid_hash},
              {"middle_slice_xxh3", c.middle_slice_hash},
              {"native_grid", json::from_grid(c.native_grid)},
              {"alignment", c.alignment},
              {"reference_to_native", json::from_matrix(c.reference_to_native)},
              {"normalisation",
               {{"method", "z-score in the body"},
                {"mean", c.mean},
                {"standard_deviation", c.standard_deviation},
                {"air", c.air}}},
              {"warnings", c.warnings}};
  if (c.registration) out["registration"] = to_json(*c.registration);
  return out;
}

ChannelProvenance channel_from(const Json& j) {
  ChannelProvenance c;
  c.name = json::text(j, "name");
  c.files = json::texts(j, "files");
  c.series_uid_hash = json::text(j, "series_uid_xxh3");
  // Samples of versions before it lack the hash, and the list of covariates below.
  if (j.contains("middle_slice_xxh3")) c.middle_slice_hash = json::text(j, "middle_slice_xxh3");
  c.native_grid = json::grid(j, "native_grid");
  c.alignment = json::text(j, "alignment");
  c.reference_to_native = json::matrix(j, "reference_to_native");
  const Json& n = json::at(j, "normalisation");
  c.mean = json::number(n, "mean");
  c.standard_deviation = json::number(n, "standard_deviation");
  c.air = json::number(n, "air");
  c.warnings = json::texts(j, "warnings");
  if (j.contains("registration")) c.registration = registration_from(json::object(j, "registration"));
  return c;
}

Json to_json(const Covariate& c) {
  Json out = {{"name", c.name}};
  if (!c.sequence.empty()) out["sequence"] = c.sequence;
  out["value"] = c.number ? Json(*c.number) : Json(c.text);
  if (!c.unit.empty()) out["unit"] = c.unit;
  return out;
}

Covariate covariate_from(const Json& j) {
  Covariate c;
  c.name = json::text(j, "name");
  if (j.contains("sequence")) c.sequence = json::text(j, "sequence");
  if (json::at(j, "value").is_number())
    c.number = json::number(j, "value");
  else
    c.text = json::text(j, "value");
  if (j.contains("unit")) c.unit = json::text(j, "unit");
  return c;
}

}  // namespace

std::string sample_to_json(const Sample& sample) {
  Json channels = Json::array();
  for (const ChannelProvenance& c : sample.channels) channels.push_back(to_json(c));
  const Grid& grid = sample.image.grid;
  Json covariates = Json::array();
  for (const Covariate& c : sample.covariates) covariates.push_back(to_json(c));
  const Json all = {{"format", kFormat},
                    {"id", sample.id},
                    {"shape", {sample.image.channels, grid.size[2], grid.size[1], grid.size[0]}},
                    {"grid", json::from_grid(grid)},
                    {"reference_grid", json::from_grid(sample.reference_grid)},
                    {"channels", channels},
                    {"covariates", covariates}};
  return json::dump(all, -1) + "\n";
}

Sample sample_from_json(std::string_view text) {
  const Json all = json::parse(text);
  if (const std::string format = json::text(all, "format"); format != kFormat)
    throw Error("\"format\"", "'" + format + "'", "'" + std::string(kFormat) + "'");
  Sample sample;
  sample.id = json::text(all, "id");
  sample.image.grid = json::grid(all, "grid");
  const std::vector<int64_t> shape = json::shape(all, "shape");
  const auto& size = sample.image.grid.size;
  if (shape.size() != 4 || shape[1] != size[2] || shape[2] != size[1] || shape[3] != size[0])
    throw Error("\"shape\"", json::dump(all["shape"], -1), "C, D, H, W of \"grid\"");
  sample.image.channels = shape[0];
  sample.reference_grid = json::grid(all, "reference_grid");
  for (const Json& j : json::array(all, "channels")) sample.channels.push_back(channel_from(j));
  if (all.contains("covariates"))
    for (const Json& j : json::array(all, "covariates")) sample.covariates.push_back(covariate_from(j));
  return sample;
}

}  // namespace trivox
