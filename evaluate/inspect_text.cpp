#include "evaluate/inspect_text.h"

#include <cmath>
#include <sstream>

#include "evaluate/inspect_series.h"
#include "loader/json.h"
#include "loader/text.h"

namespace trivox {
namespace {

using json::Json;

// A count is a whole number for programs as well.
Json fact_json(const Fact& fact) {
  if (!fact.number) return fact.text;
  const double value = *fact.number;
  const bool is_count = fact.text.find('.') == std::string::npos && value == std::floor(value);
  return is_count && std::abs(value) < 0x1p53 ? Json(static_cast<int64_t>(value)) : Json(value);
}

Json facts_json(const std::vector<Fact>& facts) {
  Json out = Json::object();
  for (const Fact& fact : facts) out[fact.name] = fact_json(fact);
  return out;
}

Json number_json(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json grid_json(const Grid& grid) {
  const Eigen::Vector3d spacing = grid.spacing_mm();
  Json out = {{"size", grid.size},
              {"spacing_mm", {spacing[0], spacing[1], spacing[2]}},
              {"affine", json::from_matrix(grid.affine)}};
  out["corners_mm"] = Json::array();
  for (const Eigen::Vector3d& corner : grid.corners())
    out["corners_mm"].push_back({corner[0], corner[1], corner[2]});
  return out;
}

Json island_json(const Island& island) {
  return {{"voxels", island.voxels},
          {"ml", island.ml},
          {"slices", island.slices},
          {"centre_mm", {island.centre_mm[0], island.centre_mm[1], island.centre_mm[2]}}};
}

Json quality_json(const MaskQuality& quality) {
  Json out = {{"holes_in_plane", Json::array()},
              {"holes_3d", {{"holes", quality.holes_3d}, {"voxels", quality.hole_voxels_3d}}},
              {"edge", Json::object()},
              {"remarks", remarks(quality)}};
  for (const SliceHoles& h : quality.holes_in_plane)
    out["holes_in_plane"].push_back({{"slice", h.slice}, {"holes", h.holes}, {"voxels", h.voxels}});
  for (const EdgeContact& edge : quality.edge) out["edge"][edge.where] = edge.voxels;
  return out;
}

Json mask_json(const MaskFinding& mask) {
  Json out = {
      {"file", mask.file}, {"usable", mask.usable}, {"decision", mask.decision}, {"notes", mask.notes}};
  if (mask.found) out["found"] = grid_json(*mask.found);
  out["expected"] = grid_json(mask.expected);
  if (mask.place)
    out["place"] = {{"distance_mm", number_json(mask.place->distance_mm)},
                    {"axes", mask.place->map.describe()},
                    {"geometry_from", mask.place->geometry_source},
                    {"asserted", mask.place->asserted}};
  out["labels"] = Json::array();
  for (const LabelQuality& label : mask.quality.labels) {
    Json islands = Json::array();
    for (const Island& island : label.islands) islands.push_back(island_json(island));
    out["labels"].push_back({{"value", label.value},
                             {"voxels", label.voxels},
                             {"ml", label.ml},
                             {"slices", label.slices},
                             {"skipped_slices", label.skipped},
                             {"lone_slices", label.lone},
                             {"islands", std::move(islands)}});
  }
  if (mask.usable) out["quality"] = quality_json(mask.quality);
  return out;
}

Json notes_json(const std::vector<FileNote>& notes) {
  Json out = Json::array();
  for (const FileNote& note : notes)
    out.push_back({{"path", note.path}, {"reason", note.reason}, {"broken", note.broken}});
  return out;
}

Json series_json(const SeriesFinding& series) {
  Json out = {{"name", series.name}, {"path", series.path}, {"kind", series.kind}, {"chosen", series.chosen}};
  if (!series.choice.empty()) out["choice"] = series.choice;
  out["facts"] = facts_json(series.facts);
  out["warnings"] = series.warnings;
  out["passed_over"] = series.passed_over;
  out["ignored"] = notes_json(series.ignored);
  if (series.fault) {
    out["fault"] = series.fault->message();
    return out;
  }
  out.update(grid_json(series.grid));
  if (!series.refusal.empty()) out["refusal"] = series.refusal;
  if (series.mask) out["mask"] = mask_json(*series.mask);
  return out;
}

Json comparison_json(const MaskComparison& c) {
  return {{"a", c.a},
          {"b", c.b},
          {"centroid_distance_mm", number_json(c.pair.centroid_distance_mm)},
          {"volume_ratio", number_json(c.pair.volume_ratio)},
          {"same_voxels", c.pair.same_voxels},
          {"same_place", c.pair.same_place},
          {"dice_resampled", number_json(c.pair.dice_resampled)},
          {"remarks", remarks(c.pair, c.a, c.b)}};
}

Json case_json(const CaseFinding& one) {
  Json out = {{"id", one.id},
              {"usable", usable(one)},
              {"refusals", one.refusals},
              {"warnings", one.warnings},
              {"ignored", notes_json(one.ignored)}};
  out["series"] = Json::array();
  for (const SeriesFinding& series : one.series) out["series"].push_back(series_json(series));
  out["masks"] = Json::array();
  for (const MaskComparison& comparison : one.masks) out["masks"].push_back(comparison_json(comparison));
  return out;
}

void list(std::ostream& out, const std::vector<Fact>& facts, const std::string& indent) {
  for (const Fact& fact : facts) out << indent << fact.name << ": " << fact.text << '\n';
}

void list(std::ostream& out, const std::vector<FileNote>& notes, const std::string& indent) {
  for (const FileNote& note : notes)
    out << indent << (note.broken ? "broken: " : "ignored: ") << note.path << ": " << note.reason << '\n';
}

std::string at(const Eigen::Vector3d& p) {
  return std::string("(") + fixed(p[0], 1) + ", " + fixed(p[1], 1) + ", " + fixed(p[2], 1) + ")";
}

std::string corners_text(const Grid& grid) {
  const auto corners = grid.corners();
  return "first voxel at " + at(corners.front()) + ", last at " + at(corners.back()) + " mm";
}

void write_mask(std::ostream& out, const MaskFinding& mask) {
  out << "    mask " << mask.file << ": " << (mask.usable ? "" : "cannot be used: ") << mask.decision << '\n';
  if (mask.found && !(mask.place && mask.place->map.identity()))
    out << "      mask: " << corners_text(*mask.found) << "; series: " << corners_text(mask.expected) << '\n';
  for (const std::string& note : mask.notes) out << "      " << note << '\n';
  for (const LabelQuality& label : mask.quality.labels)
    out << "      label " << label.value << ": " << fixed(label.ml, 2) << " ml, " << label.voxels
        << " voxels, slices " << label.slices[0] << " to " << label.slices[1] << '\n';
  if (mask.usable && mask.quality.labels.empty()) out << "      empty\n";
  for (const std::string& remark : remarks(mask.quality)) out << "      look at: " << remark << '\n';
}

// masks: whether one was looked for.
void write_series(std::ostream& out, const SeriesFinding& series, bool masks) {
  out << "  " << series.name << "  " << series.path << '\n';
  if (series.fault) out << "    cannot be used: " << series.fault->message() << '\n';
  if (!series.choice.empty())
    out << "    chosen: " << series.choice << '\n';
  else if (!series.chosen)
    out << "    not chosen\n";
  list(out, series.facts, "    ");
  for (const std::string& other : series.passed_over) out << "    passed over: " << other << '\n';
  if (series.passed_over.empty()) list(out, series.ignored, "    ");
  if (!series.refusal.empty()) out << "    cannot be used: " << series.refusal << '\n';
  for (const std::string& warning : series.warnings) out << "    warning: " << warning << '\n';
  if (series.mask)
    write_mask(out, *series.mask);
  else if (masks && !series.fault)
    out << "    no mask\n";
}

void write_comparison(std::ostream& out, const MaskComparison& c) {
  out << "  masks of " << c.a << " and " << c.b << ": centroids " << fixed(c.pair.centroid_distance_mm, 1)
      << " mm apart, volumes " << fixed(c.pair.volume_ratio, 2) << "-fold\n";
  for (const std::string& remark : remarks(c.pair, c.a, c.b)) out << "    look at: " << remark << '\n';
}

// One line a series, for a dataset's many cases.
void write_short(std::ostream& out, const CaseFinding& one) {
  out << "  " << one.id << '\n';
  for (const SeriesFinding& series : one.series) {
    out << "    " << series.name << ": ";
    if (series.fault)
      out << "cannot be used: " << series.fault->message() << '\n';
    else
      out << series.grid.describe() << ", " << describe_plane(series.grid) << '\n';
    if (!series.refusal.empty()) out << "      cannot be used: " << series.refusal << '\n';
    for (const std::string& warning : series.warnings) out << "      warning: " << warning << '\n';
  }
  for (const std::string& refusal : one.refusals) out << "    cannot be used: " << refusal << '\n';
  for (const std::string& warning : one.warnings) out << "    warning: " << warning << '\n';
}

}  // namespace

std::string finding_text(const Finding& finding) {
  std::ostringstream out;
  out << finding.path << ": " << kind_text(finding.kind) << '\n';
  list(out, finding.facts, "  ");
  for (const std::string& note : finding.notes) out << "  warning: " << note << '\n';
  const bool dataset = finding.kind == PathKind::kDataset;
  for (const CaseFinding& one : finding.cases) {
    if (dataset && !one.looked_into) {
      write_short(out, one);
      continue;
    }
    if (dataset) out << "case " << one.id << '\n';
    for (const SeriesFinding& series : one.series)
      write_series(out, series, dataset || finding.kind == PathKind::kPatientFolder);
    for (const MaskComparison& comparison : one.masks) write_comparison(out, comparison);
    list(out, one.ignored, "  ");
    for (const std::string& refusal : one.refusals) out << "  cannot be used: " << refusal << '\n';
    for (const std::string& warning : one.warnings) out << "  warning: " << warning << '\n';
  }
  if (!finding.failures.empty()) out << "cannot be used:\n";
  for (const CaseFailure& failure : finding.failures)
    out << "  " << failure.id << ": " << failure.fault.message() << '\n';
  out << tables_text(finding.tables);
  if (finding.raters) out << raters_text(*finding.raters);
  return out.str();
}

std::string finding_json(const Finding& finding) {
  Json out = {
      {"kind", kind_text(finding.kind)}, {"path", finding.path}, {"facts", facts_json(finding.facts)}};
  out["cases"] = Json::array();
  for (const CaseFinding& one : finding.cases) out["cases"].push_back(case_json(one));
  out["failures"] = Json::array();
  for (const CaseFailure& failure : finding.failures)
    out["failures"].push_back({{"id", failure.id}, {"reason", failure.fault.message()}});
  if (finding.kind == PathKind::kDataset) out["notes"] = finding.notes;
  if (finding.kind == PathKind::kDataset || finding.kind == PathKind::kTable)
    out["tables"] = tables_json(finding.tables);
  if (finding.raters) out["raters"] = raters_json(*finding.raters);
  return json::dump(out, 1) + "\n";
}

}  // namespace trivox
