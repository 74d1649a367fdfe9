#include "evaluate/inspect_tables.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "evaluate/html.h"
#include "evaluate/statistics.h"
#include "loader/clinical/covariates.h"
#include "loader/json.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;
using json::Json;
using State = TableValue::State;

constexpr size_t kMostListed = 20;  // names and texts in a line; JSON has all

bool is_summarised(const ClinicalTable& table, size_t c) {
  const TableColumn& column = table.columns[c];
  return column.info != nullptr && !column.hidden && c != table.patient_column &&
         table.sequence_column != c && column.info->meaning != Meaning::kRowCounter;
}

ColumnSummary summarise(const ClinicalTable& table, size_t c, const std::string& sequence) {
  ColumnSummary out;
  out.column = c;
  out.sequence = sequence;
  std::vector<double> numbers;
  std::map<std::string, size_t> texts;
  for (const TableRecord& record : table.records) {
    // What belongs to nobody, or contradicts another row, is in no median.
    if (record.patient.empty() || !record.counts || record.twice) continue;
    if (!sequence.empty() && record.sequence != sequence) continue;
    const TableValue& value = record.values[c];
    if (value.state == State::kMissing)
      ++out.missing;
    else if (value.state == State::kUnparsed)
      ++out.unparsed;
    else if (!value.relation.empty())
      ++out.bounds;
    else if (value.number)
      numbers.push_back(*value.number);
    else
      ++texts[value.text];
  }
  std::sort(numbers.begin(), numbers.end());
  out.numbers = numbers.size();
  if (!numbers.empty()) {
    out.median = quantile(numbers, 0.5);
    out.least = numbers.front();
    out.largest = numbers.back();
  }
  out.texts.assign(texts.begin(), texts.end());
  return out;
}

std::string summary_text(const ColumnSummary& summary) {
  std::vector<std::string> parts;
  if (summary.numbers > 0)
    parts.push_back(fixed(summary.median, 2) + " (" + fixed(summary.least, 2) + " to " +
                    fixed(summary.largest, 2) + "), " + counted(summary.numbers, "number"));
  if (summary.texts.size() > kMostListed)
    parts.push_back(counted(summary.texts.size(), "different text"));
  else
    for (const auto& [text, n] : summary.texts)
      parts.push_back(std::string(clipped(text, 60)) + " " + std::to_string(n));
  if (summary.bounds > 0) parts.push_back(counted(summary.bounds, "bound") + " such as <400");
  if (summary.missing > 0) parts.push_back(std::to_string(summary.missing) + " missing");
  if (summary.unparsed > 0) parts.push_back(std::to_string(summary.unparsed) + " not understood");
  return parts.empty() ? "no row" : joined(parts);
}

// "volume on T1WI in mm3".
std::string name_of(const TableColumn& column, const std::string& sequence) {
  if (column.info == nullptr) return "";
  std::string name = column.info->key;
  std::replace(name.begin(), name.end(), '_', ' ');
  if (const std::string& on = sequence.empty() ? column.sequence : sequence; !on.empty()) name += " on " + on;
  if (column.unit == "unknown")
    name += ", unit unknown";
  else if (!column.unit.empty())
    name += " in " + column.unit;
  return name;
}

std::string header_of(const TableColumn& column) {
  std::string header(clipped(trimmed(column.header), 60));
  std::replace_if(header.begin(), header.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return "column " + std::to_string(column.index + 1) + " \"" + header + "\"";
}

// Its file's name; where another one bears it too, its path.
std::string name_of(const TableFinding& one, std::span<const TableFinding> all) {
  const auto is_alike = [&](const TableFinding& other) {
    return other.path.filename() == one.path.filename();
  };
  return std::ranges::count_if(all, is_alike) > 1 ? one.path.string() : one.path.filename().string();
}

const char* separator_name(char separator) {
  return separator == ',' ? "commas" : separator == ';' ? "semicolons" : "tabs";
}

std::string head_of(const TableFinding& one) {
  std::set<std::string> patients;
  for (const TableRecord& record : one.table.records)
    if (!record.patient.empty()) patients.insert(record.patient);
  return counted(one.table.records.size(), "row") + ", " + counted(patients.size(), "patient") + ", " +
         one.table.encoding + ", " + separator_name(one.table.separator);
}

void append_some(std::vector<std::string>& lines, const char* what, const std::vector<std::string>& items) {
  if (items.empty()) return;
  std::vector<std::string> some(
      items.begin(), items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), kMostListed)));
  std::string line = std::string(what) + " (" + std::to_string(items.size()) + "): " + joined(some);
  if (items.size() > some.size()) line += ", ...";
  lines.push_back(std::move(line));
}

// What is wrong or odd, a line each.
std::vector<std::string> troubles_of(const TableFinding& one) {
  std::vector<std::string> lines;
  for (const Fault& fault : one.table.faults) {
    Fault bare = fault;
    bare.path.clear();
    lines.push_back(bare.message());
  }
  for (const UnparsedCell& cell : one.table.unparsed) lines.push_back(cell.message());
  if (!one.match) return lines;
  append_some(lines, "patients of the table without a folder", one.match->without_case);
  append_some(lines, "folders without a row", one.match->without_row);
  return lines;
}

std::vector<std::string> notes_of(const TableFinding& one) {
  std::vector<std::string> lines;
  std::vector<std::string> unknown, hidden;
  for (const TableColumn& column : one.table.columns) {
    if (column.hidden)
      hidden.push_back(header_of(column));
    else if (column.info == nullptr)
      unknown.push_back(header_of(column));
  }
  append_some(lines, "columns not understood, kept as texts", unknown);
  append_some(lines, "columns that name persons, not read", hidden);
  for (const std::string& note : one.table.notes) lines.push_back(note);
  if (!one.match) return lines;
  append_some(lines, "patients matched by number", one.match->by_number);
  for (const std::string& note : one.match->notes) lines.push_back(note);
  return lines;
}

Json summary_json(const ColumnSummary& summary) {
  Json out = Json::object();
  if (!summary.sequence.empty()) out["sequence"] = summary.sequence;
  if (summary.numbers > 0) {
    out["median"] = summary.median;
    out["min"] = summary.least;
    out["max"] = summary.largest;
  }
  out["numbers"] = summary.numbers;
  out["bounds"] = summary.bounds;
  out["missing"] = summary.missing;
  out["unparsed"] = summary.unparsed;
  out["counts"] = Json::object();
  for (const auto& [text, n] : summary.texts) out["counts"][text] = n;
  return out;
}

Json columns_json(const TableFinding& one) {
  Json out = Json::array();
  for (size_t c = 0; c < one.table.columns.size(); ++c) {
    const TableColumn& column = one.table.columns[c];
    Json entry = {{"column", c + 1}, {"header", column.header}};
    entry["meaning"] = column.info == nullptr ? Json() : Json(column.info->key);
    if (!column.sequence.empty()) entry["sequence"] = column.sequence;
    if (!column.unit.empty()) entry["unit"] = column.unit;
    if (!column.found_unit.empty()) entry["found_unit"] = column.found_unit;
    Json summaries = Json::array();
    for (const ColumnSummary& summary : one.summaries)
      if (summary.column == c) summaries.push_back(summary_json(summary));
    if (!summaries.empty()) entry["summary"] = std::move(summaries);
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace

std::vector<ColumnSummary> summarise_table(const ClinicalTable& table) {
  std::set<std::string> sequences = {""};
  if (table.sequence_column) {
    sequences.clear();
    for (const TableRecord& record : table.records)
      if (record.counts) sequences.insert(record.sequence);
  }
  std::vector<ColumnSummary> out;
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (is_summarised(table, c))
      for (const std::string& sequence : sequences) out.push_back(summarise(table, c, sequence));
  return out;
}

TableFinding inspect_table(const fs::path& file, std::string_view encoding,
                           std::span<const std::string> case_ids) {
  TableFinding one;
  one.path = file;
  try {
    one.table = read_clinical_table(file, encoding, case_ids);
    one.summaries = summarise_table(one.table);
  } catch (const Error& error) {
    one.fault = error.fault();
  }
  return one;
}

std::vector<TableFinding> inspect_tables(const Dataset& dataset, std::vector<std::string>& notes,
                                         std::string_view encoding) {
  std::set<std::string> ids;
  for (const CaseFiles& files : dataset.cases) ids.insert(files.id);
  for (const CaseFailure& failure : dataset.failures) ids.insert(failure.id);
  const std::vector<std::string> all(ids.begin(), ids.end());
  std::vector<TableFinding> out;
  for (const fs::path& file : find_tables(dataset, notes, encoding)) {
    out.push_back(inspect_table(file, encoding, all));
    if (!out.back().fault) out.back().match = match_patients(out.back().table, all);
  }
  return out;
}

std::string tables_text(std::span<const TableFinding> tables) {
  std::ostringstream out;
  for (const TableFinding& one : tables) {
    out << "table " << name_of(one, tables) << ": ";
    if (one.fault) {
      out << "cannot be used: " << one.fault->message() << '\n';
      continue;
    }
    out << head_of(one) << '\n';
    for (const ColumnSummary& summary : one.summaries) {
      const TableColumn& column = one.table.columns[summary.column];
      out << "  " << name_of(column, summary.sequence) << ": " << summary_text(summary) << "  ("
          << header_of(column) << ")\n";
    }
    for (const std::string& line : notes_of(one)) out << "  " << line << '\n';
    for (const std::string& line : troubles_of(one)) out << "  warning: " << line << '\n';
  }
  return out.str();
}

Json tables_json(std::span<const TableFinding> tables) {
  Json out = Json::array();
  for (const TableFinding& one : tables) {
    Json entry = {{"file", name_of(one, tables)}};
    if (one.fault) {
      entry["fault"] = one.fault->message();
      out.push_back(std::move(entry));
      continue;
    }
    entry["encoding"] = one.table.encoding;
    entry["separator"] = std::string(1, one.table.separator);
    entry["rows"] = one.table.records.size();
    entry["columns"] = columns_json(one);
    entry["unparsed"] = Json::array();
    for (const UnparsedCell& cell : one.table.unparsed)
      entry["unparsed"].push_back({{"row", cell.row},
                                   {"column", cell.column},
                                   {"header", cell.header},
                                   {"text", cell.text},
                                   {"expected", cell.expected}});
    entry["faults"] = Json::array();
    for (const Fault& fault : one.table.faults) entry["faults"].push_back(fault.message());
    entry["notes"] = one.table.notes;
    if (one.match)
      entry["patients"] = {{"matched", one.match->case_of.size()},
                           {"by_number", one.match->by_number},
                           {"without_case", one.match->without_case},
                           {"without_row", one.match->without_row},
                           {"notes", one.match->notes}};
    out.push_back(std::move(entry));
  }
  return out;
}

std::string tables_html(std::span<const TableFinding> tables) {
  std::string out;
  const auto listed = [](const char* style, const std::vector<std::string>& lines) {
    return lines.empty() ? std::string() : panel(style, bullets(lines));
  };
  for (const TableFinding& one : tables) {
    out += "<h2>Table " + escape_html(name_of(one, tables)) + "</h2>\n";
    if (one.fault) {
      out += listed("fault", {"cannot be used: " + one.fault->message()});
      continue;
    }
    out += "<p class=\"soft\">" + escape_html(head_of(one)) + "</p>\n";
    out += listed("warning", troubles_of(one));
    std::vector<std::vector<std::string>> rows;
    for (const ColumnSummary& summary : one.summaries) {
      const TableColumn& column = one.table.columns[summary.column];
      rows.push_back({escape_html(name_of(column, summary.sequence)), escape_html(trimmed(column.header)),
                      "<div class=\"wrap\">" + escape_html(summary_text(summary)) + "</div>"});
    }
    out += html_table({"Meaning", "Header", "Median (least to largest), or how often"}, rows, {});
    out += listed("", notes_of(one));
  }
  return out;
}

}  // namespace trivox
