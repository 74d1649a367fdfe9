#include "evaluate/report.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "evaluate/html.h"
#include "evaluate/plot.h"
#include "evaluate/registration_quality.h"
#include "evaluate/tables.h"
#include "loader/text.h"

namespace trivox {
namespace {

std::string shown_name(const GroupScore& group) { return group.name.empty() ? "main" : group.name; }

std::string interval(const Summary& s) {
  return std::isnan(s.interval95[0]) ? "–" : fixed(s.interval95[0], 3) + "–" + fixed(s.interval95[1], 3);
}

std::vector<const CaseScore*> worst_first(const GroupScore& group) {
  std::vector<const CaseScore*> out;
  for (const CaseScore& score : group.cases) out.push_back(&score);
  // A case without a value (both masks empty) is no bad one: last.
  std::stable_sort(out.begin(), out.end(), [](const CaseScore* a, const CaseScore* b) {
    return (std::isnan(a->dice) ? 2 : a->dice) < (std::isnan(b->dice) ? 2 : b->dice);
  });
  return out;
}

std::string headline(const GroupScore& group) {
  std::string out = "<div class=\"tiles\">\n";
  out += tile(fixed(group.dice.mean, 3), "mean Dice, 95 % CI " + interval(group.dice));
  out += tile(fixed(group.dice.median, 3),
              "median Dice, " + fixed(group.dice.min, 3) + " to " + fixed(group.dice.max, 3));
  out += tile(fixed(group.jaccard.mean, 3), "mean Jaccard, 95 % CI " + interval(group.jaccard));
  out += tile(fixed(group.dice_aggregated, 3), "aggregated Dice");
  const std::string empty =
      group.dice.n_nan > 0 ? ", " + std::to_string(group.dice.n_nan) + " of them empty on both sides" : "";
  out +=
      tile(std::to_string(group.cases.size()), "patients scored on " + escape_html(group.reference) + empty);
  out += tile(std::to_string(group.not_predicted.size()) + " / " + std::to_string(group.quarantined.size()),
              "not predicted / quarantined");
  return out + "</div>\n";
}

std::vector<std::string> summary_row(const std::string& group, const std::string& label, const Summary& dices,
                                     const Summary& jaccards, double aggregated) {
  return {escape_html(group),
          escape_html(label),
          std::to_string(dices.n),
          std::to_string(dices.n_nan),
          fixed(dices.mean, 3),
          interval(dices),
          fixed(dices.standard_deviation, 3),
          fixed(dices.median, 3),
          fixed(dices.min, 3),
          fixed(dices.max, 3),
          fixed(jaccards.mean, 3),
          fixed(aggregated, 3)};
}

std::string summary_section(std::span<const GroupScore> groups) {
  std::vector<std::vector<std::string>> rows;
  for (const GroupScore& group : groups) {
    if (group.labels.size() != 1)
      rows.push_back(
          summary_row(shown_name(group), "mean of labels", group.dice, group.jaccard, group.dice_aggregated));
    for (const LabelSummary& label : group.labels)
      rows.push_back(
          summary_row(shown_name(group), label.name, label.dice, label.jaccard, label.dice_aggregated));
  }
  return "<h2>Summary</h2>\n" + html_table({"Group", "Label", "n", "empty", "Dice", "95 % CI", "sd", "median",
                                            "min", "max", "Jaccard", "aggregated"},
                                           rows, {2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

std::string plots_section(std::span<const GroupScore> groups) {
  std::vector<Strip> strips;
  std::vector<Point> points;
  for (const GroupScore& group : groups) {
    for (size_t k = 0; k < group.labels.size(); ++k) {
      Strip strip;
      strip.name = group.labels.size() == 1 ? shown_name(group)
                   : groups.size() == 1     ? group.labels[k].name
                                            : shown_name(group) + ", " + group.labels[k].name;
      for (const CaseScore& score : group.cases) {
        const LabelScore& label = score.labels.at(k);
        strip.values.push_back(label.dice);
        strip.ids.push_back(score.id);
        points.push_back({label.volume_reference_ml, label.dice, strip.name + ", " + score.id});
      }
      strips.push_back(std::move(strip));
    }
  }
  std::string out = "<h2>Dice of every patient</h2>\n<div class=\"plots\"><figure class=\"panel\">" +
                    strip_plot(strips, "Dice") +
                    "<figcaption>A point a patient; box: quartiles and median; diamond and bar: mean and its "
                    "95 % interval.</figcaption></figure>\n";
  const std::string scatter = log_scatter(points, "reference volume, ml", "Dice");
  if (!scatter.empty())
    out += "<figure class=\"panel\">" + scatter +
           "<figcaption>Dice against the reference's volume, a point a patient and "
           "label.</figcaption></figure>\n";
  out += "</div>\n";
  return out;
}

std::string overlays_section(const GroupScore& group, size_t place, bool several) {
  std::string cards;
  bool details = false;
  for (const CaseScore* score : worst_first(group)) {
    if (score->figure.png.empty()) continue;
    std::ostringstream caption;
    caption << "<b>" << escape_html(score->id) << "</b> Dice <b>" << fixed(score->dice, 3) << "</b>";
    if (score->labels.size() > 1)
      for (const LabelScore& label : score->labels)
        caption << ", " << escape_html(label.name) << ' ' << fixed(label.dice, 3);
    caption << "<br>reference " << fixed(score->volume_reference_ml, 1) << " ml, prediction "
            << fixed(score->volume_prediction_ml, 1) << " ml, slice " << score->figure.slice + 1 << " of "
            << score->figure.slices;
    const std::string alternative =
        group.reference + " of case " + score->id + " with the outlines of reference and prediction";
    const std::string id =
        "slice-" + std::to_string(place) + "-" + std::to_string(score - group.cases.data());
    const std::string detail = svg_detail(score->figure, alternative + ", detail", id);
    details = details || !detail.empty();
    cards += "<figure class=\"card\"><div class=\"pair\">" + svg_figure(score->figure, alternative, id) +
             detail + "</div><figcaption>" + caption.str() + "</figcaption></figure>\n";
  }
  return (several ? "<h3>" + escape_html(shown_name(group)) + "</h3>\n" : "") +
         (details ? "<div class=\"cards\">\n" : "<div class=\"cards small\">\n") + cards + "</div>\n";
}

std::string cases_section(std::span<const GroupScore> groups) {
  std::vector<std::vector<std::string>> rows;
  for (const GroupScore& group : groups)
    for (const CaseScore* score : worst_first(group))
      for (const LabelScore& label : score->labels)
        rows.push_back({escape_html(shown_name(group)), escape_html(score->id), escape_html(label.name),
                        fixed(label.dice, 3), fixed(label.jaccard, 3), fixed(label.volume_reference_ml, 2),
                        fixed(label.volume_prediction_ml, 2),
                        fixed(label.volume_prediction_ml - label.volume_reference_ml, 2),
                        label.overlap.both_empty() ? "both masks empty" : ""});
  return "<h2>Patients, worst first</h2>\n" +
         html_table({"Group", "Patient", "Label", "Dice", "Jaccard", "reference ml", "prediction ml",
                     "difference ml", "Note"},
                    rows, {3, 4, 5, 6, 7});
}

std::string problems_section(std::span<const GroupScore> groups) {
  std::string out;
  for (const GroupScore& group : groups) {
    if (!group.quarantined.empty()) {
      out += "<h3>" + escape_html(shown_name(group)) + ": quarantined</h3><div class=\"panel fault\"><ul>";
      for (const CaseFailure& failure : group.quarantined)
        out +=
            "<li><b>" + escape_html(failure.id) + "</b>: " + escape_html(failure.fault.message()) + "</li>";
      out += "</ul></div>\n";
    }
    if (!group.not_predicted.empty()) {
      out += "<h3>" + escape_html(shown_name(group)) +
             ": in the dataset, not predicted</h3><div class=\"panel\">";
      for (size_t i = 0; i < group.not_predicted.size(); ++i)
        out += (i == 0 ? "" : ", ") + escape_html(group.not_predicted[i]);
      out += "</div>\n";
    }
    std::string warnings;
    for (const CaseScore& score : group.cases)
      for (const std::string& warning : score.warnings)
        warnings += "<li><b>" + escape_html(score.id) + "</b>: " + escape_html(warning) + "</li>";
    if (!warnings.empty())
      out += "<h3>" + escape_html(shown_name(group)) + ": warnings</h3><div class=\"panel warning\"><ul>" +
             warnings + "</ul></div>\n";
  }
  return out.empty() ? "" : "<h2>Not scored, and warnings</h2>\n" + out;
}

std::string footer(std::span<const GroupScore> groups, std::string_view version) {
  std::string out = "<h2>Definitions and sources</h2>\n<div class=\"panel\"><dl>";
  for (const Definition& d : definitions())
    out += "<dt>" + escape_html(d.name) + "</dt><dd>" + escape_html(d.text) + "</dd>";
  for (const GroupScore& group : groups)
    out += "<dt>" + escape_html(shown_name(group)) + "</dt><dd>" + escape_html(group.predictions.string()) +
           " against " + escape_html(group.reference) + " of " + escape_html(group.dataset.string()) +
           "</dd>";
  return out + "<dt>program</dt><dd>trivox " + escape_html(version) + "</dd></dl></div>\n";
}

}  // namespace

std::string report_html(std::span<const GroupScore> groups, std::span<const CaseRegistration> registrations,
                        std::string_view version) {
  const GroupScore& first = groups.front();
  std::string body = "<h1>Segmentation scores</h1>\n<p class=\"soft path\">" +
                     escape_html(first.predictions.string()) + " against the masks of " +
                     escape_html(first.reference) + "</p>\n" + headline(first) + summary_section(groups) +
                     plots_section(groups);
  if (!registrations.empty())
    body += registration_summary(registrations) +
            "<p class=\"soft\">Of every sample in the folder of shards given, scored here or not.</p>\n";

  const bool figures = std::any_of(groups.begin(), groups.end(), [](const GroupScore& g) {
    return std::any_of(g.cases.begin(), g.cases.end(),
                       [](const CaseScore& c) { return !c.figure.png.empty(); });
  });
  if (figures) {
    body +=
        "<h2>Overlays, worst first</h2>\n<p>Slice with the largest reference area, radiological display: "
        "the patient's right (R) is on the left.<br><span class=\"key reference\"></span>reference"
        "<span class=\"key prediction\"></span>prediction</p>\n";
    for (size_t i = 0; i < groups.size(); ++i) body += overlays_section(groups[i], i, groups.size() > 1);
  }
  body += cases_section(groups) + problems_section(groups) + footer(groups, version);
  return html_page("Segmentation scores", body);
}

}  // namespace trivox
