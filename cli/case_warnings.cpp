#include "cli/case_warnings.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "loader/quarantine.h"

namespace trivox {
namespace {

constexpr size_t kKindsShown = 10;

// Warnings that differ in figures, names of files and what is quoted alone are of one kind.
std::string kind_of_warning(const std::string& text) {
  std::string kind;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text[at] == '"' ? std::min(text.find('"', at + 1), text.size() - 1) + 1
                                       : std::min(text.find(' ', at), text.size());
    const std::string_view word = std::string_view(text).substr(at, end - at);
    const size_t inner = word.find_first_of("/.\\");
    const bool is_name = word.find_first_of("0123456789\"") != std::string_view::npos ||
                         (inner != std::string_view::npos && inner + 1 < word.size());
    kind.append(is_name ? (kind.ends_with('#') ? "" : "#") : word);
    at = std::min(text.find_first_not_of(' ', end), text.size());
  }
  return kind;
}

std::string registration_text(const RegistrationCounts& counts) {
  std::string text;
  for (const auto& [sequence, outcomes] : counts) {
    std::string of_one;
    for (const auto& [outcome, count] : outcomes)
      of_one.append(of_one.empty() ? " " : ", ").append(std::to_string(count)).append(" ").append(outcome);
    text.append(text.empty() ? "" : "; ").append(sequence).append(of_one);
  }
  return text;
}

}  // namespace

size_t warned_cases(const std::vector<CaseWarning>& warnings) {
  std::set<std::string> ids;
  for (const CaseWarning& warning : warnings) ids.insert(warning.id);
  ids.erase("");
  return ids.size();
}

std::vector<std::string> warning_lines(const std::vector<CaseWarning>& warnings) {
  struct Kind {
    const CaseWarning* first = nullptr;
    std::set<std::string> ids;
  };
  std::map<std::string, Kind> kinds;
  for (const CaseWarning& warning : warnings) {
    if (warning.id.empty()) continue;  // of a table: said before the first case was read
    std::string name(warning.sequence.empty() ? "a" : "b");
    Kind& kind = kinds[name.append(kind_of_warning(warning.text))];
    if (kind.first == nullptr) kind.first = &warning;
    kind.ids.insert(warning.id);
  }
  std::vector<const Kind*> order;
  for (const auto& [text, kind] : kinds) order.push_back(&kind);
  std::stable_sort(order.begin(), order.end(), [](const Kind* a, const Kind* b) {
    return std::pair(!a->first->sequence.empty(), a->ids.size()) <
           std::pair(!b->first->sequence.empty(), b->ids.size());
  });
  std::vector<std::string> lines;
  for (const Kind* kind : std::span(order).first(std::min(order.size(), kKindsShown))) {
    const CaseWarning& first = *kind->first;
    std::string line = first.id + (first.sequence.empty() ? "" : " ") + first.sequence + ": " + first.text;
    if (kind->ids.size() > 1) line += " (the like in " + std::to_string(kind->ids.size()) + " cases)";
    lines.push_back(std::move(line));
  }
  if (order.size() > kKindsShown)
    lines.push_back("and " + std::to_string(order.size() - kKindsShown) + " more kinds of warning");
  return lines;
}

nlohmann::ordered_json warnings_json(const std::vector<CaseWarning>& warnings) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const CaseWarning& w : warnings)
    all.push_back({{"id", w.id}, {"sequence", w.sequence}, {"warning", w.text}});
  return all;
}

void print_warned_and_registered(const std::vector<CaseWarning>& warnings, const RegistrationCounts& counts,
                                 const std::string& out) {
  if (warned_cases(warnings) > 0)
    std::printf("\n%zu with warnings (%s/%s)", warned_cases(warnings), out.c_str(),
                std::string(kWarningsName).c_str());
  if (const std::string text = registration_text(counts); !text.empty())
    std::printf("\nregistered: %s (%s/%s)", text.c_str(), out.c_str(),
                std::string(kRegistrationsName).c_str());
}

}  // namespace trivox
