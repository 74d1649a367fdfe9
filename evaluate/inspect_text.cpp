#include <sstream>

#include "evaluate/html.h"
#include "evaluate/inspect.h"
#include "loader/json.h"

namespace trivox {
namespace {

using json::Json;

Json facts_json(const std::vector<Fact>& facts) {
  Json out = Json::object();
  for (const Fact& fact : facts) out[fact.name] = fact.number ? Json(*fact.number) : Json(fact.text);
  return out;
}

Json mask_json(const MaskFinding& mask) {
  Json out = {{"file", mask.file}, {"usable", mask.usable}, {"decision", mask.decision}, {"notes", mask.notes}};
  out["labels"] = Json::array();
  for (const LabelVolume& label : mask.labels)
    out["labels"].push_back({{"value", label.value}, {"voxels", label.voxels}, {"ml", label.ml}});
  return out;
}

Json series_json(const SeriesFinding& series) {
  Json out = {{"name", series.name}, {"path", series.path}};
  if (series.fault) {
    out["fault"] = series.fault->message();
    return out;
  }
  out["kind"] = series.kind;
  out["size"] = series.grid.size;
  const Eigen::Vector3d spacing = series.grid.spacing_mm();
  out["spacing_mm"] = {spacing[0], spacing[1], spacing[2]};
  out["affine"] = json::from_matrix(series.grid.affine);
  out["facts"] = facts_json(series.facts);
  out["warnings"] = series.warnings;
  if (series.mask) out["mask"] = mask_json(*series.mask);
  return out;
}

void list(std::ostream& out, const std::vector<Fact>& facts, const std::string& indent) {
  for (const Fact& fact : facts) out << indent << fact.name << ": " << fact.text << '\n';
}

// masks: whether one was looked for.
void write_series(std::ostream& out, const SeriesFinding& series, bool masks) {
  out << "  " << series.name << "  " << series.path << '\n';
  if (series.fault) {
    out << "    cannot be used: " << series.fault->message() << '\n';
    return;
  }
  list(out, series.facts, "    ");
  for (const std::string& warning : series.warnings) out << "    warning: " << warning << '\n';
  if (!series.mask) {
    if (masks) out << "    no mask\n";
    return;
  }
  out << "    mask " << series.mask->file << ": " << (series.mask->usable ? "" : "cannot be used: ")
      << series.mask->decision << '\n';
  for (const std::string& note : series.mask->notes) out << "      " << note << '\n';
  for (const LabelVolume& label : series.mask->labels)
    out << "      label " << label.value << ": " << fixed(label.ml, 2) << " ml, " << label.voxels
        << " voxels\n";
  if (series.mask->usable && series.mask->labels.empty()) out << "      empty\n";
}

// One line a series, for a dataset's many cases.
void write_short(std::ostream& out, const CaseFinding& one) {
  out << "  " << one.id << '\n';
  for (const SeriesFinding& series : one.series) {
    out << "    " << series.name << ": ";
    if (series.fault) out << "cannot be used: " << series.fault->message() << '\n';
    else out << series.grid.describe() << ", " << describe_plane(series.grid) << '\n';
    for (const std::string& warning : series.warnings) out << "      warning: " << warning << '\n';
  }
}

bool looked_into(const CaseFinding& one) {
  for (const SeriesFinding& series : one.series)
    if (series.mask || !series.image.empty()) return true;
  return false;
}

}  // namespace

std::string finding_text(const Finding& finding) {
  std::ostringstream out;
  out << finding.path << ": " << finding.kind << '\n';
  list(out, finding.facts, "  ");
  for (const CaseFinding& one : finding.cases) {
    if (finding.kind == "dataset" && !looked_into(one)) {
      write_short(out, one);
      continue;
    }
    if (finding.kind == "dataset") out << "case " << one.id << '\n';
    for (const SeriesFinding& series : one.series) write_series(out, series, finding.kind == "patient folder" || finding.kind == "dataset");
    for (const std::string& warning : one.warnings) out << "  warning: " << warning << '\n';
  }
  if (!finding.failures.empty()) out << "cannot be used:\n";
  for (const CaseFailure& failure : finding.failures)
    out << "  " << failure.id << ": " << failure.fault.message() << '\n';
  return out.str();
}

std::string finding_json(const Finding& finding) {
  Json out = {{"kind", finding.kind}, {"path", finding.path}, {"facts", facts_json(finding.facts)}};
  out["cases"] = Json::array();
  for (const CaseFinding& one : finding.cases) {
    Json entry = {{"id", one.id}, {"warnings", one.warnings}};
    entry["series"] = Json::array();
    for (const SeriesFinding& series : one.series) entry["series"].push_back(series_json(series));
    out["cases"].push_back(std::move(entry));
  }
  out["failures"] = Json::array();
  for (const CaseFailure& failure : finding.failures)
    out["failures"].push_back({{"id", failure.id}, {"reason", failure.fault.message()}});
  return json::dump(out, 1) + "\n";
}

}  // namespace trivox
