#include "evaluate/inspect_page.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <set>
#include <sstream>

#include "evaluate/html.h"
#include "evaluate/inspect_series.h"
#include "loader/text.h"

namespace trivox {
namespace {

struct Column {
  const SeriesFinding* series;
  SliceView view;
  Window window;
};

std::string facts_list(const std::vector<Fact>& facts) {
  std::vector<std::pair<std::string, std::string>> terms;
  for (const Fact& fact : facts) terms.emplace_back(fact.name, fact.text);
  return definitions(terms);
}

const Fact* fact_named(const SeriesFinding& series, const std::string& name) {
  for (const Fact& fact : series.facts)
    if (fact.name == name) return &fact;
  return nullptr;
}

std::string mask_cell(const SeriesFinding& series) {
  if (!series.mask) return "none";
  std::string out = escape_html(series.mask->file) + ": " +
                    (series.mask->usable ? "" : "<b>cannot be used</b>: ") +
                    escape_html(series.mask->decision);
  for (const LabelQuality& label : series.mask->quality.labels)
    out += "<br>label " + std::to_string(label.value) + ": " + fixed(label.ml, 2) + " ml, slices " +
           std::to_string(label.slices[0]) + " to " + std::to_string(label.slices[1]);
  if (series.mask->usable && series.mask->quality.labels.empty()) out += "<br>empty";
  for (const std::string& note : series.mask->notes) out += "<br>" + escape_html(note);
  return "<div class=\"wrap\">" + out + "</div>";
}

// A row a fact, a column a sequence: what differs between them stands side by side.
std::string facts_table(const CaseFinding& one) {
  std::vector<std::string> names;
  std::vector<std::string> head = {""};
  bool masks = false;
  for (const SeriesFinding& series : one.series) {
    head.push_back(escape_html(series.name));
    masks = masks || series.mask;
    for (const Fact& fact : series.facts)
      if (std::find(names.begin(), names.end(), fact.name) == names.end()) names.push_back(fact.name);
  }
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : names) {
    rows.push_back({escape_html(name)});
    for (const SeriesFinding& series : one.series) {
      const Fact* fact = fact_named(series, name);
      rows.back().push_back(fact == nullptr ? "–" : escape_html(fact->text));
    }
  }
  if (std::any_of(one.series.begin(), one.series.end(),
                  [](const SeriesFinding& s) { return !s.choice.empty(); })) {
    rows.push_back({"chosen"});
    for (const SeriesFinding& series : one.series)
      rows.back().push_back(series.choice.empty()
                                ? (series.chosen ? "–" : "no")
                                : "<div class=\"wrap\">" + escape_html(series.choice) + "</div>");
  }
  if (masks) {
    rows.push_back({"mask"});
    for (const SeriesFinding& series : one.series) rows.back().push_back(mask_cell(series));
  }
  return html_table(head, rows, {});
}

std::string troubles(const CaseFinding& one) {
  std::string out;
  for (const SeriesFinding& series : one.series) {
    if (series.fault || !series.refusal.empty())
      out += panel("fault", "<b>" + escape_html(series.name) + "</b> cannot be used: " +
                                escape_html(series.fault ? series.fault->message() : series.refusal));
    if (!series.warnings.empty())
      out += panel("warning", "<b>" + escape_html(series.name) + "</b>" + bullets(series.warnings));
  }
  if (!one.refusals.empty()) out += panel("fault", "Cannot be used:" + bullets(one.refusals));
  if (!one.warnings.empty()) out += panel("warning", bullets(one.warnings));
  return out;
}

// What a radiologist should look at in the masks.
std::string mask_quality_panel(const CaseFinding& one) {
  std::string out;
  for (const SeriesFinding& series : one.series)
    if (series.mask)
      if (const auto texts = remarks(series.mask->quality); !texts.empty())
        out += "<b>" + escape_html(series.name) + "</b>" + bullets(texts);
  std::vector<std::string> between;
  for (const MaskComparison& c : one.masks)
    for (std::string& text : remarks(c.pair, c.a, c.b)) between.push_back(std::move(text));
  if (!between.empty()) out += "<b>Between sequences</b>" + bullets(between);
  if (!out.empty()) return "<h2>Masks to look at</h2>\n" + panel("warning", out);
  return out;
}

// What else lies in the folders, and why it was not taken.
std::string left_out(const CaseFinding& one) {
  std::string out;
  const auto add = [&](const std::string& name, std::vector<std::string> texts,
                       const std::vector<FileNote>& notes) {
    for (const FileNote& note : notes)
      texts.push_back(note.path + (note.broken ? ", broken: " : ": ") + note.reason);
    if (texts.empty()) return;
    out += (name.empty() ? "" : "<b>" + escape_html(name) + "</b>") + bullets(texts);
  };
  for (const SeriesFinding& series : one.series)
    add(series.name, series.passed_over,
        series.passed_over.empty() ? series.ignored : std::vector<FileNote>{});
  add("", {}, one.ignored);
  if (!out.empty()) return "<h2>Not read</h2>\n" + panel("", out);
  return out;
}

size_t reference_of(const std::vector<Column>& columns) {
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i].series->name == "CE-T1WI") return i;
  return 0;
}

// The reference's slices to show: the same distance apart from end to end, and the one with most mask.
std::set<int64_t> rows_to_show(const Column& reference, int rows) {
  const int64_t n = reference.view.slices();
  std::set<int64_t> out;
  const int64_t wanted = rows <= 0 ? n : std::min<int64_t>(rows, n);
  for (int64_t i = 0; i < wanted; ++i) out.insert(((2 * i + 1) * n) / (2 * wanted));
  if (reference.series->mask && reference.series->mask->usable) {
    const auto areas = area_by_slice(reference.series->mask->mask, reference.view);
    const auto largest = std::max_element(areas.begin(), areas.end());
    if (*largest > 0) out.insert(largest - areas.begin());
  }
  return out;
}

std::string cell(const Column& column, const Eigen::Vector3d& world) {
  const SliceView& view = column.view;
  const double place = view.grid.to_voxel(world)[view.slice_axis];
  const int64_t slice = view.slice_at(world);
  const std::string name = "<b>" + escape_html(column.series->name) + "</b> ";
  if (slice < 0 || slice >= view.slices())
    return "<figure><div class=\"none\">no slice here</div><figcaption>" + name + "</figcaption></figure>";
  Figure figure = make_figure(column.series->image, view, slice, column.window);
  if (column.series->mask && column.series->mask->usable)
    for (const LabelQuality& label : column.series->mask->quality.labels)
      figure.layers.push_back(
          {"mask", outlines(column.series->mask->mask, view, slice, static_cast<uint8_t>(label.value))});
  const double off = (static_cast<double>(slice) - place) * view.grid.spacing_mm()[view.slice_axis];
  std::string caption = name + "slice " + std::to_string(slice + 1) + " of " + std::to_string(view.slices());
  if (std::abs(off) >= 0.05) caption += ", " + fixed(std::abs(off), 1) + " mm off";
  return "<figure>" + svg_figure(figure, column.series->name + ", slice " + std::to_string(slice + 1)) +
         "<figcaption>" + caption + "</figcaption></figure>";
}

/// A row a slice of the reference, or without others a card a slice.
std::string picture_rows(const std::vector<Column>& columns, const Column& reference, int rows) {
  const SliceView& view = reference.view;
  const bool alone = columns.size() == 1;
  const std::set<int64_t> chosen = rows_to_show(reference, rows);
  std::string out = alone ? "<div class=\"cards small\">\n" : "";
  for (auto slice = chosen.rbegin(); slice != chosen.rend(); ++slice) {
    const Eigen::Vector3d centre = view.grid.to_world(
        view.to_voxel(static_cast<double>(view.width() - 1) / 2, static_cast<double>(view.height() - 1) / 2,
                      static_cast<double>(*slice)));
    if (!alone) out += "<div class=\"row\" tabindex=\"0\">";
    for (const Column& column : columns) out += cell(column, centre);
    if (!alone) out += "</div>\n";
  }
  return out + (alone ? "</div>\n" : "");
}

std::string pictures(const CaseFinding& one, int rows) {
  std::vector<Column> beside;
  for (const SeriesFinding& series : one.series)
    if (!series.image.empty())
      beside.push_back({&series, slice_view(series.grid), percentile_window(series.image)});
  if (beside.empty()) return {};
  const bool masks =
      std::any_of(beside.begin(), beside.end(), [](const Column& c) { return c.series->mask.has_value(); });
  const Column reference = beside[reference_of(beside)];
  // What is sliced in another plane has no slice at the place of a row.
  const auto apart = std::stable_partition(beside.begin(), beside.end(), [&](const Column& c) {
    return c.view.plane() == reference.view.plane();
  });
  std::vector<Column> others(std::make_move_iterator(apart), std::make_move_iterator(beside.end()));
  beside.erase(apart, beside.end());
  std::ostringstream out;
  out << "<h2>Slices</h2>\n<p class=\"soft\">Radiological display: the patient's right (R) is on the left. ";
  if (beside.size() > 1)
    out << "Each row lies at the position of one slice of " << escape_html(reference.series->name)
        << "; of the others the nearest slice is shown.";
  if (masks) out << "<br><span class=\"key reference\"></span>mask";
  out << "</p>\n" << picture_rows(beside, reference, rows);
  for (const Column& other : others)
    out << "<h3>" << escape_html(other.series->name) << ", " << other.view.plane() << "</h3>\n"
        << picture_rows({other}, other, rows);
  return out.str();
}

/// A cell of a line each.
std::string wrapped_lines(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "<br>") + escape_html(text);
  return "<div class=\"wrap\">" + out + "</div>";
}

std::string cases_table(const Finding& finding) {
  std::vector<std::vector<std::string>> rows;
  for (const CaseFinding& one : finding.cases) {
    for (const SeriesFinding& series : one.series) {
      std::vector<std::string> state;
      if (series.fault) state.push_back("cannot be used: " + series.fault->message());
      if (!series.refusal.empty()) state.push_back("cannot be used: " + series.refusal);
      if (series.mask && !series.mask->usable)
        state.push_back(series.mask->file + " cannot be used: " + series.mask->decision);
      state.insert(state.end(), series.warnings.begin(), series.warnings.end());
      rows.push_back(
          {escape_html(one.id), escape_html(series.name),
           series.fault ? "–" : "<div class=\"mid\">" + escape_html(series.grid.describe()) + "</div>",
           series.fault ? "–" : escape_html(describe_plane(series.grid)), wrapped_lines(state)});
    }
    std::vector<std::string> state;
    for (const std::string& refusal : one.refusals) state.push_back("cannot be used: " + refusal);
    state.insert(state.end(), one.warnings.begin(), one.warnings.end());
    if (!state.empty()) rows.push_back({escape_html(one.id), "all", "–", "–", wrapped_lines(state)});
  }
  return html_table({"Case", "Sequence", "Grid", "Plane", "Faults and warnings"}, rows, {});
}

}  // namespace

std::string inspect_html(const Finding& finding, int rows, std::string_view version) {
  std::string title(kind_text(finding.kind));
  title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
  std::string body =
      "<h1>" + escape_html(title) + "</h1>\n<p class=\"soft path\">" + escape_html(finding.path) + "</p>\n";
  if (!finding.facts.empty()) body += "<h2>What it holds</h2>\n" + panel("", facts_list(finding.facts));
  if (!finding.notes.empty()) body += panel("warning", bullets(finding.notes));
  if (!finding.failures.empty()) {
    std::vector<std::string> lines;
    for (const CaseFailure& failure : finding.failures)
      lines.push_back(failure.id + ": " + failure.fault.message());
    body += "<h2>Cannot be used</h2>\n" + panel("fault", bullets(lines));
  }
  const bool dataset = finding.kind == PathKind::kDataset;
  for (const CaseFinding& one : finding.cases) {
    if (dataset && !one.looked_into) continue;
    if (dataset) body += "<h2>Case " + escape_html(one.id) + "</h2>\n";
    body += troubles(one) + (dataset ? "" : "<h2>Sequences</h2>\n") + facts_table(one) +
            mask_quality_panel(one) + left_out(one) + pictures(one, rows);
  }
  if (dataset) body += "<h2>Cases</h2>\n" + cases_table(finding);
  body += tables_html(finding.tables);
  if (finding.raters) body += raters_html(*finding.raters);
  body += "<p class=\"soft\">trivox " + escape_html(version) + "</p>";
  return html_page(title + ": " + finding.path, body);
}

}  // namespace trivox
