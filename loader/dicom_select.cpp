#include "loader/dicom_select.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <ranges>

#include "loader/dicom_siblings.h"
#include "loader/dicom_stack.h"
#include "loader/file.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

bool within(const std::optional<double>& value, const std::optional<Range>& range) {
  return !range || (value && *value >= range->low && *value <= range->high);
}

/// The name of a folder.
std::string name_of(const fs::path& folder) {
  const bool is_named = folder.has_filename() && folder.filename() != "." && folder.filename() != "..";
  return (is_named ? folder : canonical_path(folder.empty() ? "." : folder)).filename().string();
}

/// Whether a folder that leads to a file is named so, from the one that was scanned to the one that holds it.
bool in_folder_named(const std::string& pattern, const fs::path& file, const fs::path& scanned) {
  fs::path folder = file.parent_path();
  if (matches_pattern(pattern, name_of(folder))) return true;
  if (folder == scanned) return false;
  const fs::path below = folder.lexically_relative(scanned);  // "." where only the spelling differs
  if (below == ".") return false;
  for (auto depth = std::distance(below.begin(), below.end()); depth > 0; --depth) {
    folder = folder.parent_path();
    if (matches_pattern(pattern, name_of(folder))) return true;
  }
  return false;
}

/// An attribute in which series differ, and the key of a rule that tells them apart by it.
struct Difference {
  std::string attribute, key;
};

/// In what the given series differ, for the message that none can be chosen.
std::vector<Difference> differences(const DicomScan& scan, const std::vector<size_t>& which) {
  const DicomSeries& first = scan.series[which.front()];
  const DicomFrame& a = first.slices.front().header;
  const auto any = [&](const auto& differs) {
    return std::ranges::any_of(which, [&](size_t i) { return differs(scan.series[i]); });
  };
  const auto header = [](const DicomSeries& s) -> const DicomFrame& { return s.slices.front().header; };
  std::vector<Difference> found;
  const auto add = [&](const char* attribute, const char* key, const auto& differs) {
    if (any(differs)) found.push_back({attribute, key});
  };
  add("SeriesDescription", "description", [&](const auto& s) { return s.description != first.description; });
  add("Modality", "modality", [&](const auto& s) { return s.modality != first.modality; });
  add("ImageType", "image_type", [&](const auto& s) { return s.image_type != first.image_type; });
  add("EchoTime", "te_ms", [&](const auto& s) { return !same_echo(header(s), a); });
  add("RepetitionTime", "tr_ms",
      [&](const auto& s) { return s.repetition_time_ms != first.repetition_time_ms; });
  add("ImageOrientationPatient", "orientation",
      [&](const auto& s) { return !same_orientation(header(s), a); });
  add("stack, moment or b value", "part", [&](const auto& s) { return s.part != first.part; });
  add("folder", "folder",
      [&](const auto& s) { return s.files.front().parent_path() != first.files.front().parent_path(); });
  // It differs whenever there are several series, and helps to choose only where nothing else does.
  if (found.empty() || any([&](const auto& s) { return s.series_uid != first.series_uid; }))
    found.push_back({"SeriesInstanceUID", "series_uid"});
  return found;
}

std::string list_of(const std::vector<Difference>& found, std::string Difference::* member) {
  std::vector<std::string> names;
  for (const Difference& one : found) names.push_back(one.*member);
  return joined(names);
}

/// The series in words; of those that differ in orientation or UID alone with these, to be picked by them.
std::string list_of(const DicomScan& scan, const std::vector<size_t>& which,
                    const std::vector<Difference>& found = {}) {
  constexpr size_t kMost = 20;
  const bool by_orientation =
      std::ranges::any_of(found, [](const Difference& d) { return d.key == "orientation"; });
  const bool by_uid = found.size() == 1 && found.front().key == "series_uid";
  std::string text;
  for (const size_t i : which | std::views::take(kMost)) {
    text += (text.empty() ? "" : "; ") + describe_series(scan.series[i]);
    if (by_orientation) text += ", " + describe_orientation(scan.series[i]);
    if (by_uid) text += ", " + scan.series[i].series_uid;
  }
  return which.size() > kMost ? text + "; and " + std::to_string(which.size() - kMost) + " more" : text;
}

bool asks_for_nothing(const SeriesRule& rule) {
  return rule.folder.empty() && rule.description.empty() && rule.image_type.empty() &&
         rule.modality.empty() && rule.orientation.empty() && rule.part.empty() && rule.series_uid.empty() &&
         !rule.te_ms && !rule.tr_ms;
}

std::string name_below(const fs::path& folder, const fs::path& file) {
  return file.lexically_relative(folder).generic_string();
}

/// " among 12 files, of which README is not DICOM".
std::string passed_over_files(const DicomScan& scan) {
  if (scan.ignored.empty()) return {};
  const size_t n = scan.ignored.size();
  return " among " + std::to_string(n) + (n == 1 ? " file, " : " files, the first of them ") +
         name_below(scan.folder, scan.ignored.front().path) + " (" + scan.ignored.front().reason + ")";
}

/// Throws the fault of a broken file that may belong to the chosen series; tells of the others.
void settle_broken(const DicomScan& scan, bool by_rule, const std::string& way_out, DicomChoice& choice) {
  const std::string& uid = scan.series[choice.series].series_uid;
  for (const BrokenFile& file : scan.broken) {
    Fault fault = file.fault;
    const bool is_of_another = !file.series_uid.empty() && file.series_uid != uid;
    if (!by_rule && is_of_another)
      fault.expected += " (it says that it is of another series, and " + way_out + " would pass over it)";
    if (!by_rule || !is_of_another) throw Error(std::move(fault));
    fault.path = name_below(scan.folder, fault.path);
    choice.passed_over.push_back("of another series and not read: " + fault.message());
  }
}

/// What is asked for of the series of a folder, in words too.
struct Asked {
  std::function<bool(const DicomSeries&)> matches;
  bool decides;            ///< false: any series will do that is the only one
  std::string what;        ///< "TE 60 to 130 ms"
  std::string expected;    ///< where `decides`
  std::string way_out;     ///< what could decide
  std::string not_chosen;  ///< why another series is passed over
};

/// The one series that matches.
DicomChoice choose(const DicomScan& scan, const Asked& asked) {
  const auto fail = [&](const char* attribute, std::string found, std::string expected) {
    return Error(Fault{scan.folder.string(), attribute, std::move(found), std::move(expected), {}});
  };
  std::vector<size_t> all, matching;
  for (size_t i = 0; i < scan.series.size(); ++i) {
    all.push_back(i);
    if (asked.matches(scan.series[i])) matching.push_back(i);
  }
  if (all.empty()) {
    if (!scan.broken.empty()) throw Error(scan.broken.front().fault);
    throw fail("number of DICOM images", "0" + passed_over_files(scan), "a series");
  }
  if (matching.empty())
    throw fail("number of series that match", "0 of " + list_of(scan, all), asked.expected);
  if (matching.size() > 1) {
    // A slice that was damaged beyond telling its echo or type is the better reason.
    if (!asked.decides && !scan.broken.empty()) throw Error(scan.broken.front().fault);
    const std::vector<Difference> found = differences(scan, matching);
    const std::string keys = list_of(found, &Difference::key);
    throw fail(asked.decides ? "number of series that match" : "number of series",
               std::to_string(matching.size()) + " that differ in " + list_of(found, &Difference::attribute) +
                   ": " + list_of(scan, matching, found),
               asked.decides ? asked.expected + " (what tells these apart: " + keys + ")"
                             : "one, or " + asked.way_out + " that picks one of them (by " + keys + ")");
  }
  DicomChoice choice;
  choice.series = matching.front();
  choice.why = all.size() == 1
                   ? "the only series"
                   : "the only one of " + std::to_string(all.size()) + " series with " + asked.what;
  settle_broken(scan, asked.decides, asked.way_out, choice);
  if (const auto fault = slices_left_out(scan, choice.series)) throw Error(*fault);
  for (const size_t i : all)
    if (i != choice.series)
      choice.passed_over.push_back(asked.not_chosen + ": " + describe_series(scan.series[i]));
  for (const IgnoredFile& file : scan.ignored)
    choice.passed_over.push_back(name_below(scan.folder, file.path) + " was ignored: " + file.reason);
  return choice;
}

/// Throws the reason why a file that is asked for is in no series.
void refuse_lost_file(const DicomScan& scan, const fs::path& file) {
  for (const IgnoredFile& ignored : scan.ignored)
    if (ignored.path == file)
      throw Error(Fault{file.string(), "content", ignored.reason, "a DICOM image or a NIfTI file", {}});
  for (const BrokenFile& broken : scan.broken)
    if (broken.fault.path == file.string()) throw Error(broken.fault);
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  // The usual two-pointer way: on a mismatch the last star takes one character more.
  constexpr size_t kNone = std::string_view::npos;
  size_t p = 0, t = 0, star = kNone, taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || small(pattern[p]) == small(text[t]))) {
      ++p, ++t;
    } else if (star != kNone) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string describe_orientation(const DicomSeries& series) {
  const DicomFrame& frame = series.slices.front().header;
  Eigen::Index axis = 0;
  frame.row_direction.cross(frame.column_direction).cwiseAbs().maxCoeff(&axis);
  constexpr std::array<const char*, 3> kPlanes = {"sagittal", "coronal", "axial"};
  std::string text = kPlanes[static_cast<size_t>(axis)];
  for (const Eigen::Vector3d& direction : {frame.row_direction, frame.column_direction})
    for (const double cosine : direction)
      text.append(" ").append(number(std::round(cosine * 1e4) / 1e4 + 0.0));  // + 0: no "-0"
  return text;
}

std::string describe_series(const DicomSeries& series) {
  std::string text = series.description.empty() ? "no description" : quoted(series.description);
  const auto add = [&](const std::string& more) { text += ", " + more; };
  if (!series.modality.empty()) add(series.modality);
  if (series.echo_time_ms) add("TE " + number(*series.echo_time_ms) + " ms");
  if (series.repetition_time_ms) add("TR " + number(*series.repetition_time_ms) + " ms");
  if (!series.image_type.empty()) add(series.image_type);
  if (!series.part.empty()) add(series.part);
  const DicomFile& file = series.headers.front();
  add(std::to_string(series.slices.size()) + (series.slices.size() == 1 ? " slice of " : " slices of ") +
      std::to_string(file.columns) + " x " + std::to_string(file.rows) + " from " +
      name_below(series.folder, series.files.front()));
  return text;
}

std::string describe_rule(const SeriesRule& rule) {
  std::string text;
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
  const auto range = [](const Range& r) { return number(r.low) + " to " + number(r.high) + " ms"; };
  if (!rule.folder.empty()) add("folder " + quoted(rule.folder));
  if (!rule.description.empty()) add("description " + quoted(rule.description));
  if (!rule.image_type.empty()) add("image_type " + quoted(rule.image_type));
  if (!rule.modality.empty()) add("modality " + rule.modality);
  if (!rule.orientation.empty()) add("orientation " + quoted(rule.orientation));
  if (!rule.part.empty()) add("part " + quoted(rule.part));
  if (!rule.series_uid.empty()) add("series_uid " + quoted(rule.series_uid));
  if (rule.te_ms) add("TE " + range(*rule.te_ms));
  if (rule.tr_ms) add("TR " + range(*rule.tr_ms));
  return text;
}

bool matches_rule(const DicomSeries& series, const SeriesRule& rule) {
  const auto fits = [](const std::string& pattern, const std::string& text) {
    return pattern.empty() || matches_pattern(pattern, text);
  };
  const bool in_folder = rule.folder.empty() || std::ranges::all_of(series.files, [&](const fs::path& file) {
                           return in_folder_named(rule.folder, file, series.folder);
                         });
  const std::string orientation = rule.orientation.empty() ? "" : describe_orientation(series);
  const bool is_turned_so = fits(rule.orientation, orientation) ||
                            fits(rule.orientation, orientation.substr(0, orientation.find(' ')));
  return in_folder && is_turned_so && fits(rule.description, series.description) &&
         fits(rule.image_type, series.image_type) && fits(rule.modality, series.modality) &&
         fits(rule.part, series.part) && fits(rule.series_uid, series.series_uid) &&
         within(series.echo_time_ms, rule.te_ms) && within(series.repetition_time_ms, rule.tr_ms);
}

DicomChoice choose_dicom_series(const DicomScan& scan, const SeriesRule& rule, const std::string& channel) {
  const std::string key = channel.empty() ? "dataset.series" : "dataset.series." + channel;
  const std::string one = "one with " + describe_rule(rule);
  return choose(scan, {.matches = [&](const DicomSeries& s) { return matches_rule(s, rule); },
                       .decides = !asks_for_nothing(rule),
                       .what = describe_rule(rule),
                       .expected = one + ", as " + key + " asks",
                       .way_out = "a rule in " + key,
                       .not_chosen = "does not match " + key});
}

DicomChoice choose_dicom_series(const DicomScan& scan, const SeriesQuery& query) {
  refuse_lost_file(scan, query.file);
  const auto matches = [&](const DicomSeries& series) {
    const auto& te = series.echo_time_ms;
    return (query.name.empty() || series.series_uid == query.name ||
            matches_pattern(query.name, series.description)) &&
           (!query.te_ms || (te && std::abs(*te - *query.te_ms) <= kSameEchoMs)) &&
           matches_rule(series, query.rule) &&
           (query.file.empty() || std::ranges::find(series.files, query.file) != series.files.end());
  };
  std::vector<std::string> parts;
  if (!query.name.empty()) parts.push_back("description or SeriesInstanceUID " + quoted(query.name));
  if (query.te_ms) parts.push_back("TE " + number(*query.te_ms) + " ms");
  if (!asks_for_nothing(query.rule)) parts.push_back(describe_rule(query.rule));
  if (!query.file.empty()) parts.push_back("the file " + name_below(scan.folder, query.file));
  return choose(scan, {.matches = matches,
                       .decides = !parts.empty(),
                       .what = joined(parts),
                       .expected = "one with " + joined(parts),
                       .way_out = query.given_by,
                       .not_chosen = "not asked for"});
}

DicomSeries find_dicom_series(const fs::path& folder, const SeriesRule& rule, const std::string& channel) {
  DicomScan scan = scan_dicom_folder(folder);
  const DicomChoice choice = choose_dicom_series(scan, rule, channel);
  DicomSeries series = std::move(scan.series[choice.series]);
  if (series.fault) throw Error(*series.fault);
  series.warnings.insert(series.warnings.end(), choice.passed_over.begin(), choice.passed_over.end());
  return series;
}

}  // namespace trivox
