#include "loader/clinical/patients.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "loader/clinical/words.h"
#include "loader/text.h"

namespace trivox {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "NPC-007" as "npc" and "7".
struct Numbered {
  std::string before, number;
};

/// Small letters, without separators and zeros before digits; digits that were apart stay so.
std::string evened(std::string_view text) {
  std::string out;
  bool apart = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_sign = static_cast<unsigned char>(c) < 0x80 && !is_digit(c) && !(c >= 'a' && c <= 'z');
    if (is_sign) {
      apart = true;
      continue;
    }
    const bool begins = is_digit(c) && (apart || !is_digit(out.back()));
    if (begins && !out.empty() && is_digit(out.back())) out += '-';
    apart = begins && c == '0' && i + 1 < text.size() && is_digit(text[i + 1]);
    if (!apart) out += c;
  }
  return out;
}

/// The digits at the end, leading zeros aside, with ".0" as spreadsheets and data frames leave it.
std::optional<Numbered> numbered(std::string_view text) {
  const std::string folded = lower(fold_signs(normalised(text)));
  std::string_view id = folded;
  const size_t point = id.find('.');
  if (point != std::string_view::npos && point + 1 < id.size() &&
      id.find_first_not_of('0', point + 1) == std::string_view::npos)
    id = id.substr(0, point);
  else if (point != std::string_view::npos && id.find_first_not_of(".0123456789") == std::string_view::npos)
    return {};  // "1.2" is no patient 2
  size_t begin = id.size();
  while (begin > 0 && is_digit(id[begin - 1])) --begin;
  if (begin == id.size()) return {};
  const std::string before = evened(id.substr(0, begin));
  while (begin + 1 < id.size() && id[begin] == '0') ++begin;
  return Numbered{before, std::string(id.substr(begin))};
}

/// The names of one side that end in a number.
struct Side {
  std::map<std::string, Numbered> parts;
  std::map<std::string, std::vector<std::string>> by_number;
  std::set<std::string> before;  // what stands before the numbers, but nothing
  bool bare = true;

  explicit Side(const std::set<std::string>& names) {
    for (const std::string& name : names) {
      auto found = numbered(name);
      if (!found) continue;
      by_number[found->number].push_back(name);
      bare = bare && found->before.empty();
      if (!found->before.empty()) before.insert(found->before);
      parts.emplace(name, *std::move(found));
    }
  }
};

struct Agreement {
  const Side &rows, &cases;

  [[nodiscard]] bool operator()(const std::string& row, const std::string& id) const {
    const std::string &a = rows.parts.at(row).before, &b = cases.parts.at(id).before;
    return a == b || (a.empty() && rows.bare && cases.before.size() == 1) ||
           (b.empty() && cases.bare && rows.before.size() == 1);
  }
};

bool counts_from_zero(const Side& rows, const Side& cases) {
  const auto zero = rows.by_number.find("0");
  if (zero == rows.by_number.end() || cases.by_number.contains("0") || cases.by_number.empty()) return false;
  const std::string& before = rows.parts.at(zero->second[0]).before;
  return before.empty() ||
         std::ranges::all_of(rows.parts, [&](const auto& part) { return part.second.before == before; });
}

}  // namespace

PatientMatch match_names(std::span<const std::string> names, std::span<const std::string> case_ids) {
  PatientMatch match;
  std::set<std::string> patients(names.begin(), names.end()), cases(case_ids.begin(), case_ids.end());
  // Also of those that match by text: a number that they share with others tells nobody apart.
  const Side rows(patients), folders(cases);
  std::multimap<std::string, std::string> cases_by_text;
  for (const std::string& id : cases) cases_by_text.emplace(normalised(id), id);
  for (auto patient = patients.begin(); patient != patients.end();) {
    if (cases_by_text.count(*patient) == 1) {
      const std::string id = cases_by_text.find(*patient)->second;
      cases.erase(id);
      match.case_of[*patient] = id;
      patient = patients.erase(patient);
    } else {
      ++patient;
    }
  }
  const bool from_zero = counts_from_zero(rows, folders);
  if (from_zero)
    match.notes.emplace_back(
        "the table counts patients from 0 and the folders do not: nothing is matched by number");
  const Agreement agree{rows, folders};
  std::vector<std::string> contrary;
  for (const auto& [number, all] : rows.by_number) {
    const auto there = folders.by_number.find(number);
    if (there == folders.by_number.end() || from_zero) continue;
    const std::vector<std::string>& ids = there->second;
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string& row : all)
      for (const std::string& id : ids)
        if (agree(row, id)) pairs.emplace_back(row, id);
    for (const auto& [row, id] : pairs) {
      const auto is_of_either = [&](const auto& pair) { return pair.first == row || pair.second == id; };
      if (!patients.contains(row) || !cases.contains(id)) continue;
      if (std::ranges::count_if(pairs, is_of_either) > 1) continue;
      match.case_of[row] = id;
      match.by_number.push_back(row);
      patients.erase(row);
      cases.erase(id);
    }
    const auto rows_left = std::ranges::count_if(all, [&](auto& row) { return patients.contains(row); });
    const auto ids_left = std::ranges::count_if(ids, [&](auto& id) { return cases.contains(id); });
    if (rows_left == 0 || ids_left == 0) continue;
    if (all.size() == 1 && ids.size() == 1) {
      contrary.push_back(all[0] + " and " + ids[0]);
      continue;
    }
    const bool some_match = std::cmp_less(rows_left, all.size());
    match.notes.push_back("number " + number + " fits " + joined(all) + " of the table and " + joined(ids) +
                          " of the folders: " + (some_match ? "those left are not matched" : "not matched"));
  }
  if (!contrary.empty())
    match.notes.push_back("not matched, as more than the number at the end differs: " +
                          std::string(clipped(joined(contrary), 200)));
  match.without_case.assign(patients.begin(), patients.end());
  match.without_row.assign(cases.begin(), cases.end());
  return match;
}

}  // namespace trivox
