#include "evaluate/tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <sstream>

#include "loader/json.h"
#include "loader/text.h"

namespace trivox {
namespace {

using json::Json;

constexpr std::array kDefinitions = {
    Definition{"dice",
               "2 tp / (2 tp + fp + fn) over the voxels of a whole patient, on the reference's own grid; "
               "both masks empty: no value (null, counted in n_nan); one empty: 0"},
    Definition{"jaccard", "tp / (tp + fp + fn); empty masks as for dice"},
    Definition{"dice_aggregated",
               "2 sum tp / (sum |A| + sum |B|) over the patients, mean over labels: large lesions weigh "
               "more, empty masks need no convention"},
    Definition{"a case's own figure", "the mean over the foreground labels that have a value"},
    Definition{"ci95",
               "percentile bootstrap of the mean over patients, 10,000 resamples, fixed seed; none below "
               "two values"},
    Definition{"sd", "standard deviation of the sample, n - 1"},
    Definition{"volume",
               "number of voxels times the volume of one, in ml; difference: prediction - reference"},
};

constexpr std::array<std::string_view, 6> kReserved = {"trivox", "definitions",   "summary",
                                                       "cases",  "not_predicted", "quarantined"};

Json number(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

Json to_json(const Summary& s) {
  return {{"mean", number(s.mean)},     {"sd", number(s.standard_deviation)},
          {"median", number(s.median)}, {"min", number(s.min)},
          {"max", number(s.max)},       {"n", s.n},
          {"n_nan", s.n_nan},           {"ci95", {number(s.interval95[0]), number(s.interval95[1])}}};
}

Json to_json(const LabelScore& label) {
  return {{"value", label.value},
          {"label", label.name},
          {"dice", number(label.dice)},
          {"jaccard", number(label.jaccard)},
          {"both_empty", label.overlap.both_empty()},
          {"tp", label.overlap.true_positive},
          {"fp", label.overlap.false_positive},
          {"fn", label.overlap.false_negative},
          {"volume_reference_ml", label.volume_reference_ml},
          {"volume_prediction_ml", label.volume_prediction_ml},
          {"volume_difference_ml", label.volume_prediction_ml - label.volume_reference_ml}};
}

Json cases_json(const GroupScore& group) {
  Json cases = Json::array();
  for (const CaseScore& score : group.cases) {
    Json entry = {{"id", score.id},
                  {"label", score.labels.size() == 1 ? score.labels.front().name : "mean of labels"},
                  {"dice", number(score.dice)},
                  {"jaccard", number(score.jaccard)},
                  {"both_empty", std::isnan(score.dice)},
                  {"volume_reference_ml", score.volume_reference_ml},
                  {"volume_prediction_ml", score.volume_prediction_ml},
                  {"volume_difference_ml", score.volume_prediction_ml - score.volume_reference_ml}};
    entry["labels"] = Json::array();
    for (const LabelScore& label : score.labels) entry["labels"].push_back(to_json(label));
    if (!score.warnings.empty()) entry["warnings"] = score.warnings;
    cases.push_back(std::move(entry));
  }
  return cases;
}

void add_figures(Json& out, const GroupScore& group) {
  out["dice"] = to_json(group.dice);
  out["jaccard"] = to_json(group.jaccard);
  out["dice_aggregated"] = number(group.dice_aggregated);
  out["labels"] = Json::object();
  for (const LabelSummary& label : group.labels)
    out["labels"][label.name] = {{"value", label.value},
                                 {"dice", to_json(label.dice)},
                                 {"jaccard", to_json(label.jaccard)},
                                 {"dice_aggregated", number(label.dice_aggregated)}};
  out["reference"] = group.reference;
  out["n_scored"] = group.cases.size();
  out["n_not_predicted"] = group.not_predicted.size();
  out["n_quarantined"] = group.quarantined.size();
}

void add_lists(Json& out, const GroupScore& group) {
  out["cases"] = cases_json(group);
  out["not_predicted"] = group.not_predicted;
  out["quarantined"] = Json::array();
  for (const CaseFailure& failure : group.quarantined)
    out["quarantined"].push_back({{"id", failure.id},
                                  {"reason", failure.fault.message()},
                                  {"path", failure.fault.path},
                                  {"attribute", failure.fault.attribute},
                                  {"found", failure.fault.found},
                                  {"expected", failure.fault.expected}});
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name)
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

std::string csv_number(double value) {
  return std::isnan(value) ? "" : Json(value).dump();  // shortest text that reads back the same
}

// Display width of UTF-8, for what a table may hold here.
size_t columns_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::vector<std::string> text_row(const std::string& group, const std::string& label, const Summary& dices,
                                  const Summary& jaccards, double aggregated) {
  const auto interval = std::isnan(dices.interval95[0])
                            ? "–"
                            : fixed(dices.interval95[0], 3) + "–" + fixed(dices.interval95[1], 3);
  return {group,
          label,
          std::to_string(dices.n) + (dices.n_nan > 0 ? " + " + std::to_string(dices.n_nan) + " empty" : ""),
          fixed(dices.mean, 3),
          interval,
          fixed(dices.standard_deviation, 3),
          fixed(dices.median, 3),
          fixed(dices.min, 3),
          fixed(dices.max, 3),
          fixed(jaccards.mean, 3),
          fixed(aggregated, 3)};
}

}  // namespace

std::span<const Definition> definitions() { return kDefinitions; }

void check_group_names(std::span<const std::string> names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    for (const std::string& part : parts_of(name))
      if (part.empty() || !std::all_of(part.begin(), part.end(), [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
          }))
        throw UsageError("--group", "'" + name + "'",
                         "letters, digits, - and _ in parts joined by dots, as motion.header");
    const std::string first = parts_of(name).front();
    if (std::find(kReserved.begin(), kReserved.end(), first) != kReserved.end())
      throw UsageError("--group", "'" + name + "'", "a name whose first part is no key of scores.json");
    if (!seen.insert(name).second) throw UsageError("--group", "'" + name + "' twice", "different names");
  }
  for (const std::string& name : seen)
    for (const std::string& other : seen)
      if (other.starts_with(name + "."))
        throw UsageError("--group", "'" + other + "'", "a name outside the group '" + name + "'");
}

std::string scores_json(std::span<const GroupScore> groups, std::string_view version) {
  Json out;
  out["trivox"] = version;
  out["definitions"] = Json::object();
  for (const Definition& d : kDefinitions) out["definitions"][std::string(d.name)] = d.text;
  for (const GroupScore& group : groups) {
    if (group.name.empty()) {
      add_figures(out["summary"], group);
      add_lists(out, group);
      continue;
    }
    Json* place = &out;
    for (const std::string& part : parts_of(group.name)) place = &(*place)[part];
    add_figures(*place, group);
    add_lists(*place, group);
  }
  return json::dump(out, 1) + "\n";
}

std::string scores_csv(std::span<const GroupScore> groups) {
  std::ostringstream out;
  out << kScoresHeader;
  for (const GroupScore& group : groups)
    for (const CaseScore& score : group.cases)
      for (const LabelScore& label : score.labels)
        out << csv_cell(group.name) << ',' << csv_cell(score.id) << ',' << label.value << ','
            << csv_cell(label.name) << ',' << csv_number(label.dice) << ',' << csv_number(label.jaccard)
            << ',' << label.overlap.true_positive << ',' << label.overlap.false_positive << ','
            << label.overlap.false_negative << ',' << csv_number(label.volume_reference_ml) << ','
            << csv_number(label.volume_prediction_ml) << ','
            << csv_number(label.volume_prediction_ml - label.volume_reference_ml) << '\n';
  return out.str();
}

std::string text_table(std::span<const GroupScore> groups) {
  std::vector<std::vector<std::string>> rows = {
      {"group", "label", "n", "Dice", "95 % CI", "sd", "median", "min", "max", "Jaccard", "aggregated"}};
  for (const GroupScore& group : groups) {
    const std::string name = group.name.empty() ? "main" : group.name;
    if (group.labels.size() != 1)
      rows.push_back(text_row(name, "mean", group.dice, group.jaccard, group.dice_aggregated));
    for (const LabelSummary& label : group.labels)
      rows.push_back(text_row(name, label.name, label.dice, label.jaccard, label.dice_aggregated));
  }
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  std::ostringstream out;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - columns_of(row[i]), ' ');
      out << (i == 0 ? "" : "  ") << (i < 2 ? row[i] + padding : padding + row[i]);
    }
    out << '\n';
  }
  for (const GroupScore& group : groups) {
    const std::string name = group.name.empty() ? "" : group.name + ": ";
    out << name << group.cases.size() << " scored on " << group.reference << ", "
        << group.not_predicted.size() << " not predicted, " << group.quarantined.size() << " quarantined\n";
    for (const CaseFailure& failure : group.quarantined)
      out << "  " << failure.id << ": " << failure.fault.message() << '\n';
  }
  return out.str();
}

}  // namespace trivox
