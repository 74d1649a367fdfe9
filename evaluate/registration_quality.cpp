#include "evaluate/registration_quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

#include "evaluate/html.h"
#include "evaluate/plot.h"
#include "evaluate/statistics.h"
#include "loader/text.h"

namespace trivox {
namespace {

constexpr double kSameDice = 0.005;      // a change below it is none: a voxel's rounding
constexpr double kHistogramEnd_mm = 10;  // beyond it one bin: the answers in doubt

struct Outcome {
  std::string_view name, colour;
};
constexpr std::array<Outcome, 3> kOutcomes = {
    Outcome{"refined", "#2a6fb0"}, {"header", "#93a4b5"}, {"rejected", "#c0392b"}};

/// The largest figure as a share of its limit.
double doubt_of(const RegistrationRecord& record, const RegistrationLimits& limits) {
  std::vector<double> shares = {record.inconsistency_mm / limits.warning_inconsistency_mm};
  if (!record.is_other_frame) {
    shares.push_back(record.shift_mm / limits.warning_shift_mm);
    shares.push_back(record.turn_deg / limits.warning_turn_deg);
  }
  if (std::any_of(shares.begin(), shares.end(), [](double s) { return std::isnan(s); }))
    return std::numeric_limits<double>::infinity();
  return *std::max_element(shares.begin(), shares.end());
}

using Cases = std::vector<const CaseRegistration*>;

/// By sequence, and by reference where there are several.
std::map<std::pair<std::string, std::string>, Cases> by_sequence(std::span<const CaseRegistration> all) {
  std::map<std::pair<std::string, std::string>, Cases> out;
  for (const CaseRegistration& one : all) out[{one.sequence, one.reference}].push_back(&one);
  return out;
}

size_t number_of(const Cases& cases, std::string_view outcome) {
  return static_cast<size_t>(
      std::count_if(cases.begin(), cases.end(), [&](const auto* one) { return one->outcome == outcome; }));
}

/// Ascending, without what is no number.
template <class Figure>
std::vector<double> sorted_figures(const Cases& cases, const Figure& figure) {
  std::vector<double> out;
  for (const CaseRegistration* one : cases)
    if (const double value = figure(*one); !std::isnan(value)) out.push_back(value);
  std::sort(out.begin(), out.end());
  return out;
}

std::string quantile_text(const std::vector<double>& sorted, double q, int digits) {
  return sorted.empty() ? "–" : fixed(quantile(sorted, q), digits);
}

/// A name that is not broken between two lines.
std::string name_cell(const std::string& name) {
  return "<span class=\"keep\">" + escape_html(name) + "</span>";
}

std::string headline(const Cases& all) {
  const auto moved = sorted_figures(all, [](const CaseRegistration& one) {
    return one.outcome == "refined" ? one.record.shift_mm : std::numeric_limits<double>::quiet_NaN();
  });
  const auto quarantined = std::ranges::count_if(all, [](const auto* one) { return one->is_quarantined; });
  return "<div class=\"tiles\">\n" + tile(std::to_string(all.size()), "sequences laid onto a reference") +
         tile(std::to_string(number_of(all, "refined")), "refined: the transform found is used") +
         tile(std::to_string(number_of(all, "header")),
              "header: its place is kept, nothing found fits better") +
         tile(std::to_string(number_of(all, "rejected")),
              "rejected: nothing credible was found, the header's place is kept") +
         (quarantined == 0
              ? std::string()
              : tile(std::to_string(quarantined), "of these in quarantined cases, which are in no shard")) +
         tile(quantile_text(moved, 0.5, 2) + " mm", "median movement of the refined") + "</div>\n";
}

std::string outcomes_section(std::span<const CaseRegistration> all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, cases] : by_sequence(all)) {
    const auto shifts = sorted_figures(cases, [](const auto& one) { return one.record.shift_mm; });
    const auto apart = sorted_figures(cases, [](const auto& one) { return one.record.inconsistency_mm; });
    std::vector<std::string> row = {name_cell(name.first), name_cell(name.second),
                                    std::to_string(cases.size())};
    for (const Outcome& outcome : kOutcomes) row.push_back(std::to_string(number_of(cases, outcome.name)));
    for (const double q : {0.5, 0.95, 1.0}) row.push_back(quantile_text(shifts, q, 2));
    for (const double q : {0.5, 1.0}) row.push_back(quantile_text(apart, q, 2));
    rows.push_back(std::move(row));
  }
  return "<h2>Outcomes</h2>\n" +
         html_table({"Sequence", "onto", "n", "refined", "header", "rejected", "movement, median mm", "95 %",
                     "largest", "apart, median mm", "largest"},
                    rows, {2, 3, 4, 5, 6, 7, 8, 9, 10}) +
         "<p class=\"soft\">Movement: mean over the reference's body, of the answer found, whether it is "
         "used "
         "or not. Apart: mean distance between the answers forward and backward, found when the two images "
         "change places, which says how far an answer can be trusted.</p>\n";
}

/// A row of the masks' table; none where no case has masks.
void add_overlap_row(std::vector<std::vector<std::string>>& rows, const std::string& sequence,
                     const char* masks, const Cases& cases) {
  if (cases.empty()) return;
  std::vector<double> header, registered, change;
  size_t rose = 0, fell = 0;
  for (const CaseRegistration* one : cases) {
    header.push_back(one->record.masks->dice_header);
    registered.push_back(one->record.masks->dice_registered);
    change.push_back(registered.back() - header.back());
    if (change.back() > kSameDice) ++rose;
    if (change.back() < -kSameDice) ++fell;
  }
  const Summary changed = summarise(change);
  const std::string interval = std::isnan(changed.interval95[0]) ? "–"
                                                                 : fixed(changed.interval95[0], 3) + " to " +
                                                                       fixed(changed.interval95[1], 3);
  rows.push_back({name_cell(sequence), name_cell(masks), std::to_string(cases.size()),
                  fixed(summarise(header).mean, 3), fixed(summarise(registered).mean, 3),
                  fixed(changed.mean, 3), interval, std::to_string(rose),
                  std::to_string(cases.size() - rose - fell), std::to_string(fell)});
}

std::string masks_section(std::span<const CaseRegistration> all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, cases] : by_sequence(all)) {
    Cases own, copied;
    for (const CaseRegistration* one : cases)
      if (one->record.masks) (one->record.masks->is_copy ? copied : own).push_back(one);
    add_overlap_row(rows, name.first, "drawn on each", own);
    add_overlap_row(rows, name.first, "copied", copied);
  }
  const std::string title = "<h2>Overlap of the sequences' own masks</h2>\n";
  if (rows.empty())
    return title + "<p class=\"soft\">No case has a mask on both the reference and another sequence.</p>\n";
  return title +
         html_table({"Sequence", "masks", "n", "mean Dice by header", "registered", "change", "95 % CI",
                     "rose", "same", "fell"},
                    rows, {2, 3, 4, 5, 6, 7, 8, 9}) +
         "<p class=\"soft\">Dice in space between the mask of the reference and that of the sequence. It "
         "reports and never decides: radiologists looked at the other sequences as they drew. A mask that "
         "was "
         "copied, voxel by voxel, from one sequence to the other always favours the header; such cases stand "
         "apart. Rose, fell: by more than " +
         fixed(kSameDice, 3) + ".</p>\n";
}

std::string histogram_figure(std::span<const CaseRegistration> all) {
  std::vector<Bars> kinds;
  size_t without = 0;
  for (const Outcome& outcome : kOutcomes) kinds.push_back({std::string(outcome.name), outcome.colour, {}});
  for (const CaseRegistration& one : all) {
    if (std::isnan(one.record.shift_mm)) ++without;
    for (Bars& kind : kinds)
      if (kind.name == one.outcome) kind.values.push_back(one.record.shift_mm);
  }
  std::string caption =
      "How far the answers found move the body, on average; those of “header” and “rejected” are not used.";
  if (without > 0) caption += " Without a figure: " + std::to_string(without) + ".";
  return "<figure class=\"panel\">" + histogram(kinds, "movement found", "mm", kHistogramEnd_mm) +
         "<figcaption>" + caption + "</figcaption></figure>\n";
}

std::string masks_figure(std::span<const CaseRegistration> all) {
  std::vector<Point> points;
  for (const CaseRegistration& one : all)
    if (const auto& masks = one.record.masks)
      points.push_back({masks->dice_header, masks->dice_registered,
                        one.id + ", " + one.sequence + (masks->is_copy ? " (copied)" : ""), masks->is_copy});
  if (points.empty()) return {};
  return "<figure class=\"panel\">" + paired_scatter(points, "Dice by the header", "Dice registered") +
         "<figcaption>The masks' overlap, a point a sequence of a case; above the line it rose. Hollow: "
         "copied "
         "masks.</figcaption></figure>\n";
}

std::string figures_text(const CaseRegistration& one) {
  const RegistrationRecord& r = one.record;
  const bool is_used = one.outcome == "refined";
  std::string out = std::string(is_used ? "moves by <b>" : "would move by <b>") + fixed(r.shift_mm, 2) +
                    " mm</b>, " + (is_used ? "turns by " : "turn by ") + fixed(r.turn_deg, 1) +
                    "°; forward and backward <b>" + fixed(r.inconsistency_mm, 2) + " mm</b> apart; overlap " +
                    fixed(100 * r.overlap, 0) + " %; mutual information " + fixed(r.header_nats, 3) + " to " +
                    fixed(r.found_nats, 3) + " nats";
  if (r.masks)
    out += "; masks' Dice " + fixed(r.masks->dice_header, 3) + " to " + fixed(r.masks->dice_registered, 3) +
           (r.masks->is_copy ? " (copied)" : "");
  if (r.is_other_frame) out += "; frames of reference differ";
  if (one.is_quarantined) out += "; case quarantined";
  if (!r.reasons.empty()) out += ". <b>" + escape_html(joined(r.reasons, "; ")) + "</b>";
  return out;
}

std::string thirds(const std::vector<Figure>& figures, const std::string& told, const char* caption) {
  std::string out = "<div class=\"thirds\">";
  for (const Figure& figure : figures)
    out += svg_figure(figure, told + ", slice " + std::to_string(figure.slice + 1));
  return out + "</div><figcaption>" + caption + "</figcaption>\n";
}

std::string card(const RegistrationPictures& pictures, const CaseRegistration* one) {
  std::string out = "<div class=\"card\"><h3>" + escape_html(pictures.id) + ", " +
                    escape_html(pictures.sequence) +
                    (one == nullptr ? "" : ": " + escape_html(one->outcome)) + "</h3>\n";
  if (one != nullptr) out += "<p class=\"soft\">" + figures_text(*one) + "</p>\n";
  if (!pictures.fault.empty())
    return out + panel("fault", "No pictures: " + escape_html(pictures.fault)) + "</div>\n";
  const std::string told = pictures.sequence + " of case " + pictures.id;
  const bool is_used = one == nullptr || one->outcome == "refined";
  return out + "<figure>" + thirds(pictures.before, told + " by its header", "<b>before</b>: by its header") +
         thirds(pictures.after, told + (is_used ? " registered" : " as found, not used"),
                is_used ? "<b>after</b>: registered" : "<b>after</b>: as found (not used)") +
         "</figure></div>\n";
}

std::string rule_text(const RegistrationLimits& limits) {
  return "Worst first: the rejected, then those whose worst figure lies nearest to its limit, or furthest "
         "beyond: " +
         fixed(limits.warning_inconsistency_mm, 1) + " mm between forward and backward, " +
         fixed(limits.warning_shift_mm, 0) + " mm of movement, " + fixed(limits.warning_turn_deg, 0) +
         "° of turn (the latter two not where the frames of reference differ and large ones are expected).";
}

std::string worst_section(std::span<const CaseRegistration> all, std::span<const RegistrationPictures> worst,
                          const RegistrationLimits& limits) {
  if (worst.empty()) return {};
  std::string out =
      "<h2>The worst " + std::to_string(worst.size()) + "</h2>\n<p class=\"soft\">" + rule_text(limits) +
      "<br>Three slices each, which meet in the reference's mask or, without one, in the middle "
      "of its body. Radiological display: the patient's right (R) is on the left. "
      "<span class=\"key edges\"></span>edges of the reference"
      "<span class=\"key reference\"></span>its mask"
      "<span class=\"key moving\"></span>the sequence's own mask</p>\n<div class=\"cards\">\n";
  for (const RegistrationPictures& pictures : worst) {
    const auto one = std::find_if(all.begin(), all.end(), [&](const CaseRegistration& c) {
      return c.id == pictures.id && c.sequence == pictures.sequence;
    });
    out += card(pictures, one == all.end() ? nullptr : &*one);
  }
  return out + "</div>\n";
}

std::string all_section(std::span<const CaseRegistration> all, const RegistrationLimits& limits) {
  std::vector<std::vector<std::string>> rows;
  for (const CaseRegistration& one : worst_registrations(all, all.size(), limits)) {
    const RegistrationRecord& r = one.record;
    std::string note = r.is_other_frame ? "frames of reference differ" : "";
    if (r.masks && r.masks->is_copy) note += std::string(note.empty() ? "" : ", ") + "masks copied";
    if (one.is_quarantined) note += std::string(note.empty() ? "" : ", ") + "case quarantined";
    if (!r.reasons.empty()) note += (note.empty() ? "" : "; ") + escape_html(joined(r.reasons, "; "));
    rows.push_back({name_cell(one.id), name_cell(one.sequence), name_cell(one.reference),
                    escape_html(one.outcome), fixed(r.shift_mm, 2), fixed(r.turn_deg, 2),
                    fixed(r.inconsistency_mm, 2), fixed(100 * r.overlap, 0), fixed(r.header_nats, 4),
                    fixed(r.found_nats, 4), r.masks ? fixed(r.masks->dice_header, 3) : "–",
                    r.masks ? fixed(r.masks->dice_registered, 3) : "–", note});
  }
  return "<h2>All, worst first</h2>\n" +
         html_table({"Case", "Sequence", "onto", "Outcome", "movement mm", "turn °", "apart mm", "overlap %",
                     "nats by header", "found", "Dice by header", "registered", "Note"},
                    rows, {4, 5, 6, 7, 8, 9, 10, 11});
}

}  // namespace

std::vector<CaseRegistration> worst_registrations(std::span<const CaseRegistration> all, size_t count,
                                                  const RegistrationLimits& limits) {
  const auto key = [&](const CaseRegistration& one) {
    return std::tuple<bool, double, const std::string&, const std::string&>(
        one.outcome != "rejected", -doubt_of(one.record, limits), one.id, one.sequence);
  };
  std::vector<CaseRegistration> out(all.begin(), all.end());
  std::stable_sort(out.begin(), out.end(),
                   [&](const CaseRegistration& a, const CaseRegistration& b) { return key(a) < key(b); });
  if (out.size() > count) out.resize(count);
  return out;
}

std::string registration_summary(std::span<const CaseRegistration> all) {
  return masks_section(all) + "<div class=\"plots\">" + masks_figure(all) + "</div>\n";
}

std::string registration_quality_html(std::span<const CaseRegistration> all,
                                      std::span<const RegistrationPictures> worst, std::string_view version,
                                      const RegistrationLimits& limits) {
  Cases cases;
  for (const CaseRegistration& one : all) cases.push_back(&one);
  std::string body =
      "<h1>Registration quality</h1>\n<p class=\"soft\">How the sequences of a dataset were laid onto their "
      "references.</p>\n" +
      headline(cases);
  if (!all.empty())
    body += outcomes_section(all) + masks_section(all) +
            "<h2>Movement and overlap, case by case</h2>\n<div class=\"plots\">" + histogram_figure(all) +
            masks_figure(all) + "</div>\n" + worst_section(all, worst, limits) + all_section(all, limits);
  body += "<p class=\"soft\">trivox " + escape_html(version) + "</p>";
  return html_page("Registration quality", body);
}

}  // namespace trivox
