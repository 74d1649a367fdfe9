#include "evaluate/inspect_raters.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "evaluate/html.h"
#include "evaluate/metrics.h"
#include "evaluate/statistics.h"
#include "loader/json.h"
#include "loader/text.h"

namespace trivox {
namespace {

using json::Json;

RaterPairFinding look_at(const RaterStudy& study, const RaterFiles& names, const DatasetOptions& options) {
  RaterPairFinding finding;
  finding.names = names;
  try {
    RaterPair pair = read_rater_pair(study, names, options);
    finding.grid = pair.masks[0].grid;
    finding.datatypes = pair.datatypes;
    finding.no_mm = pair.no_mm;
    finding.warnings = std::move(pair.warnings);
    // Whatever the labels: the tumour is all that is not background.
    for (Volume<uint8_t>& mask : pair.masks)
      for (uint8_t& v : mask.data) v = v != 0 ? 1 : 0;
    const Overlap overlap = count_overlap(pair.masks[0], pair.masks[1], 1);
    finding.voxels = {overlap.reference(), overlap.prediction()};
    finding.dice = dice(overlap);
    finding.jaccard = jaccard(overlap);
    if (finding.no_mm.empty()) {
      const double ml = finding.grid.voxel_volume_mm3() / 1000;
      finding.ml = {static_cast<double>(finding.voxels[0]) * ml, static_cast<double>(finding.voxels[1]) * ml};
    }
  } catch (const Error& error) {
    finding.fault = error.fault();
  }
  return finding;
}

std::string size_text(const Grid& grid) {
  return std::to_string(grid.size[0]) + " x " + std::to_string(grid.size[1]) + " x " +
         std::to_string(grid.size[2]);
}

std::string label_of(const RaterFiles& names) {
  return names.patient + (names.sequence.empty() ? "" : " " + names.sequence);
}

// Dice and Jaccard over the pairs, a sequence at a time, and what is refused.
std::vector<std::pair<std::string, std::string>> summary_of(const RaterFinding& finding) {
  std::map<std::string, std::array<std::vector<double>, 2>> values;
  std::map<std::string, size_t> refused;
  for (const RaterPairFinding& pair : finding.pairs) {
    if (pair.fault) continue;
    if (!pair.no_mm.empty()) ++refused[pair.no_mm];
    if (std::isnan(pair.dice)) continue;
    values[pair.names.sequence][0].push_back(pair.dice);
    values[pair.names.sequence][1].push_back(pair.jaccard);
  }
  std::vector<std::pair<std::string, std::string>> lines;
  for (auto& [sequence, both] : values)
    for (size_t k = 0; k < 2; ++k) {
      std::sort(both[k].begin(), both[k].end());
      lines.push_back({std::string(k == 0 ? "Dice" : "Jaccard") + (sequence.empty() ? "" : " on " + sequence),
                       fixed(quantile(both[k], 0.5), 3) + " (" + fixed(both[k].front(), 3) + " to " +
                           fixed(both[k].back(), 3) + "), " + counted(both[k].size(), "pair")});
    }
  for (const auto& [why, n] : refused)
    lines.push_back({"millimetres refused", counted(n, "pair") + ": " + why});
  return lines;
}

std::string overlap_text(const RaterPairFinding& pair) {
  std::string text = "Dice " + fixed(pair.dice, 3) + ", Jaccard " + fixed(pair.jaccard, 3) + ", " +
                     std::to_string(pair.voxels[0]) + " and " + std::to_string(pair.voxels[1]) + " voxels";
  if (pair.ml) text += ", " + fixed((*pair.ml)[0], 2) + " and " + fixed((*pair.ml)[1], 2) + " ml";
  return text;
}

}  // namespace

RaterFinding inspect_raters(const RaterStudy& study, const DatasetOptions& options) {
  RaterFinding finding;
  finding.images = study.listing.images;
  finding.notes = study.listing.notes;
  finding.failures = study.listing.failures;
  for (const RaterFiles& names : study.listing.pairs) finding.pairs.push_back(look_at(study, names, options));
  return finding;
}

std::string raters_text(const RaterFinding& finding) {
  std::ostringstream out;
  out << "  pairs: " << finding.pairs.size() << "\n  images beside the masks: " << finding.images << '\n';
  for (const auto& [name, text] : summary_of(finding)) out << "  " << name << ": " << text << '\n';
  for (const std::string& note : finding.notes) out << "  " << note << '\n';
  for (const RaterPairFinding& pair : finding.pairs) {
    out << "  " << label_of(pair.names) << ", raters " << pair.names.raters[0] << " and "
        << pair.names.raters[1] << ": ";
    if (pair.fault) {
      out << "cannot be used: " << pair.fault->message() << '\n';
      continue;
    }
    out << size_text(pair.grid) << ", " << overlap_text(pair) << '\n';
    for (const std::string& warning : pair.warnings) out << "    warning: " << warning << '\n';
  }
  for (const Fault& failure : finding.failures)
    out << "  " << Fault{"", failure.attribute, failure.found, failure.expected, {}}.message() << '\n';
  return out.str();
}

Json raters_json(const RaterFinding& finding) {
  Json out = {{"images", finding.images}, {"notes", finding.notes}};
  out["pairs"] = Json::array();
  const auto number = [](double v) { return std::isnan(v) ? Json() : Json(v); };
  for (const RaterPairFinding& pair : finding.pairs) {
    Json entry = {{"patient", pair.names.patient},
                  {"sequence", pair.names.sequence},
                  {"raters", pair.names.raters},
                  {"files", pair.names.files}};
    if (pair.fault) {
      entry["fault"] = pair.fault->message();
    } else {
      entry["size"] = pair.grid.size;
      entry["stored_as"] = pair.datatypes;
      entry["voxels"] = pair.voxels;
      entry["dice"] = number(pair.dice);
      entry["jaccard"] = number(pair.jaccard);
      if (pair.ml)
        entry["ml"] = *pair.ml;
      else
        entry["no_mm"] = pair.no_mm;
      entry["warnings"] = pair.warnings;
    }
    out["pairs"].push_back(std::move(entry));
  }
  out["failures"] = Json::array();
  for (const Fault& failure : finding.failures) out["failures"].push_back(failure.message());
  return out;
}

std::string raters_html(const RaterFinding& finding) {
  std::string out = "<h2>Two raters</h2>\n" + panel("", definitions(summary_of(finding)));
  std::vector<std::string> failures;
  for (const Fault& failure : finding.failures) failures.push_back(failure.message());
  if (!failures.empty()) out += panel("fault", bullets(failures));
  if (!finding.notes.empty()) out += panel("", bullets(finding.notes));
  std::vector<std::vector<std::string>> rows;
  for (const RaterPairFinding& pair : finding.pairs) {
    std::string text = pair.fault ? escape_html("cannot be used: " + pair.fault->message())
                                  : escape_html(overlap_text(pair));
    for (const std::string& warning : pair.warnings) text += "<br>" + escape_html(warning);
    rows.push_back({escape_html(pair.names.patient), escape_html(pair.names.sequence),
                    escape_html(pair.names.raters[0] + " and " + pair.names.raters[1]),
                    pair.fault ? "–" : size_text(pair.grid), "<div class=\"wrap\">" + text + "</div>"});
  }
  return out + html_table({"Patient", "Sequence", "Raters", "Size", "Overlap"}, rows, {});
}

}  // namespace trivox
