#include "loader/dicom/select.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <ranges>

#include "loader/dicom/elements.h"
#include "loader/dicom/siblings.h"
#include "loader/dicom/stack.h"
#include "loader/file.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

/// Ends included, and what rounding in 32 bits leaves beyond them.
bool within(const std::optional<double>& value, const std::optional<Range>& range) {
  return !range || (value && *value >= range->low - kSameEchoMs && *value <= range->high + kSameEchoMs);
}

/// The name of a folder.
std::string name_of(const fs::path& folder) {
  const bool is_named = folder.has_filename() && folder.filename() != "." && folder.filename() != "..";
  return (is_named ? folder : canonical_path(folder.empty() ? "." : folder)).filename().string();
}

/// The names of the folders that lead to a file, from the one that holds it to the one that was scanned.
std::vector<std::string> folders_of(const fs::path& file, const fs::path& scanned) {
  fs::path folder = file.parent_path();
  std::vector<std::string> names = {name_of(folder)};
  const fs::path below = folder.lexically_relative(scanned);  // "." where only the spelling differs
  if (below == ".") return names;
  for (auto depth = std::distance(below.begin(), below.end()); depth > 0; --depth) {
    folder = folder.parent_path();
    names.push_back(name_of(folder));
  }
  return names;
}

/// Whether one of them is named so. The folder that was scanned may be, but is not excluded by its name: of
/// what lies below it that says nothing.
bool in_folder(const Patterns& patterns, const fs::path& file, const fs::path& scanned) {
  const std::vector<std::string> names = folders_of(file, scanned);
  const auto is_met = [&](const std::string& name) { return are_met(patterns, name); };
  const auto is_excluded = [&](const std::string& name) { return exclude(patterns, name); };
  const size_t below = std::max<size_t>(names.size() - 1, 1);
  return std::ranges::any_of(names, is_met) &&
         std::ranges::none_of(names | std::views::take(below), is_excluded);
}

bool in_folder(const Patterns& patterns, const DicomSeries& series) {
  return patterns.empty() || std::ranges::all_of(series.files, [&](const fs::path& file) {
           return in_folder(patterns, file, series.folder);
         });
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

/// What else of a series messages show.
struct Shown {
  bool orientation = false, uid = false, absent_type = false, absent_part = false;
};

/// The series in words.
std::string list_of(const DicomScan& scan, const std::vector<size_t>& which, const Shown& shown) {
  constexpr size_t kMost = 20;
  std::string text;
  for (const size_t i : which | std::views::take(kMost)) {
    const DicomSeries& series = scan.series[i];
    text += (text.empty() ? "" : "; ") + describe_series(series);
    if (shown.absent_type && series.image_type.empty()) text += ", no ImageType";
    if (shown.absent_part && series.part.empty()) text += ", no part";
    if (shown.orientation) text += ", " + describe_orientation(series);
    if (shown.uid) text += ", " + series.series_uid;
  }
  return which.size() > kMost ? text + "; and " + std::to_string(which.size() - kMost) + " more" : text;
}

/// Of those among which none can be chosen with orientation or UID, to be picked by them where nothing else
/// parts them.
Shown shown_of(const std::vector<Difference>& found) {
  return {.orientation = std::ranges::any_of(found, [](const auto& d) { return d.key == "orientation"; }),
          .uid = found.size() == 1 && found.front().key == "series_uid"};
}

/// What was asked for.
Shown shown_of(const SeriesRule& rule) {
  return {.orientation = !rule.orientation.empty(),
          .uid = !rule.series_uid.empty(),
          .absent_type = !rule.image_type.empty(),
          .absent_part = !rule.part.empty()};
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
    choice.warnings.push_back("of another series and not read: " + fault.message());
    choice.passed_over.push_back(choice.warnings.back());
  }
}

/// What is asked for of the series of a folder, in words too.
struct Asked {
  const SeriesRule& rule;  ///< that `matches` looks at among others
  std::function<bool(const DicomSeries&)> matches;
  bool decides;             ///< false: any series will do that is the only one
  std::string what;         ///< "TE 60 to 130 ms"
  std::string expected;     ///< where `decides`
  std::string way_out;      ///< what could decide
  std::string not_chosen;   ///< why another series is passed over
  std::string of_one_case;  ///< where to ask for what one case alone has
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
    throw fail("number of series that match", "0 of " + list_of(scan, all, shown_of(asked.rule)),
               asked.expected);
  if (matching.size() > 1) {
    // A slice that was damaged beyond telling its echo or type is the better reason.
    if (!asked.decides && !scan.broken.empty()) throw Error(scan.broken.front().fault);
    const std::vector<Difference> found = differences(scan, matching);
    const std::string keys = list_of(found, &Difference::key);
    throw fail(asked.decides ? "number of series that match" : "number of series",
               std::to_string(matching.size()) + " that differ in " + list_of(found, &Difference::attribute) +
                   ": " + list_of(scan, matching, shown_of(found)),
               asked.decides ? asked.expected + " (what tells these apart: " + keys + asked.of_one_case + ")"
                             : "one, or " + asked.way_out + " that picks one of them (by " + keys + ")");
  }
  DicomChoice choice;
  choice.series = matching.front();
  choice.why = all.size() == 1
                   ? "the only series"
                   : "the only one of " + std::to_string(all.size()) + " series with " + asked.what;
  settle_broken(scan, asked.decides, asked.way_out, choice);
  SlicesLeftOut lost = slices_left_out(scan, choice.series);
  if (lost.fault) throw Error(std::move(*lost.fault));
  for (const size_t i : all)
    if (i != choice.series)
      choice.passed_over.push_back(asked.not_chosen + ": " + describe_series(scan.series[i]));
  for (const IgnoredFile& file : scan.ignored)
    choice.passed_over.push_back(name_below(scan.folder, file.path) + " was ignored: " + file.reason);
  if (!asked.decides) choice.warnings = choice.passed_over;  // files that nobody asked to pass over
  choice.left_out = std::move(lost.warning);
  return choice;
}

bool holds(const DicomSeries& series, const fs::path& file) {
  return file.empty() || std::ranges::find(series.files, file) != series.files.end();
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
  for (const auto& [key, patterns] : {std::pair{"folder", &rule.folder},
                                      {"description", &rule.description},
                                      {"image_type", &rule.image_type},
                                      {"modality", &rule.modality},
                                      {"orientation", &rule.orientation},
                                      {"part", &rule.part},
                                      {"series_uid", &rule.series_uid}})
    if (!patterns->empty()) add(std::string(key) + " " + describe(*patterns));
  if (rule.te_ms) add("TE " + range(*rule.te_ms));
  if (rule.tr_ms) add("TR " + range(*rule.tr_ms));
  return text;
}

bool matches_rule(const DicomSeries& series, const SeriesRule& rule) {
  const auto is_turned_so = [&] {
    const std::string orientation = describe_orientation(series);
    const std::string plane = orientation.substr(0, orientation.find(' '));
    return (are_met(rule.orientation, orientation) || are_met(rule.orientation, plane)) &&
           !exclude(rule.orientation, orientation) && !exclude(rule.orientation, plane);
  };
  return in_folder(rule.folder, series) && (rule.orientation.empty() || is_turned_so()) &&
         matches(rule.description, series.description) && matches(rule.image_type, series.image_type) &&
         matches(rule.modality, series.modality) && matches(rule.part, series.part) &&
         matches(rule.series_uid, series.series_uid) && within(series.echo_time_ms, rule.te_ms) &&
         within(series.repetition_time_ms, rule.tr_ms);
}

SeriesRule rule_of(const DatasetOptions& options, const std::string& id, const std::string& channel) {
  SeriesRule rule;
  if (const auto of_all = options.series.find(channel); of_all != options.series.end()) rule = of_all->second;
  const auto of_case = options.series_of_case.find(id);
  if (of_case == options.series_of_case.end()) return rule;
  const auto own = of_case->second.find(channel);
  if (own == of_case->second.end()) return rule;
  // The bindings name every field, so that a new one is not forgotten.
  const auto& [folder, description, image_type, modality, orientation, part, series_uid, te_ms, tr_ms] =
      own->second;
  const auto replace = [](Patterns& old, const Patterns& value) {
    if (!value.empty()) old = value;
  };
  replace(rule.folder, folder);
  replace(rule.description, description);
  replace(rule.image_type, image_type);
  replace(rule.modality, modality);
  replace(rule.orientation, orientation);
  replace(rule.part, part);
  replace(rule.series_uid, series_uid);
  if (te_ms) rule.te_ms = te_ms;
  if (tr_ms) rule.tr_ms = tr_ms;
  return rule;
}

DicomChoice choose_dicom_series(const DicomScan& scan, const SeriesRule& given, const std::string& channel,
                                const fs::path& file) {
  refuse_lost_file(scan, file);
  SeriesRule rule = given;
  // A folder that bears the channel's own name is the channel's, whatever others are called.
  if (!channel.empty() && name_of(scan.folder) == channel &&
      std::ranges::none_of(scan.series, [&](const DicomSeries& s) { return in_folder(rule.folder, s); }))
    rule.folder = {};
  const std::string key = channel.empty() ? "dataset.series" : "dataset.series." + channel;
  std::vector<std::string> parts;
  if (!asks_for_nothing(rule)) parts.push_back(describe_rule(rule));
  if (!file.empty()) parts.push_back("the file " + name_below(scan.folder, file));
  return choose(scan,
                {.rule = rule,
                 .matches = [&](const DicomSeries& s) { return matches_rule(s, rule) && holds(s, file); },
                 .decides = !parts.empty(),
                 .what = joined(parts),
                 .expected = "one with " + joined(parts) + ", as " + key + " asks",
                 .way_out = "a rule in " + key,
                 .not_chosen = "does not match " + key,
                 .of_one_case = channel.empty() ? "" : "; for one case in dataset.series_of_case"});
}

DicomChoice choose_dicom_series(const DicomScan& scan, const SeriesQuery& query) {
  refuse_lost_file(scan, query.file);
  const auto matches = [&](const DicomSeries& series) {
    const auto& te = series.echo_time_ms;
    return (query.name.empty() || series.series_uid == query.name ||
            matches_pattern(query.name, series.description)) &&
           (!query.te_ms || (te && std::abs(*te - *query.te_ms) <= kSameEchoMs)) &&
           matches_rule(series, query.rule) && holds(series, query.file);
  };
  std::vector<std::string> parts;
  if (!query.name.empty()) parts.push_back("description or SeriesInstanceUID " + quoted(query.name));
  if (query.te_ms) parts.push_back("TE " + number(*query.te_ms) + " ms");
  if (!asks_for_nothing(query.rule)) parts.push_back(describe_rule(query.rule));
  if (!query.file.empty()) parts.push_back("the file " + name_below(scan.folder, query.file));
  return choose(scan, {.rule = query.rule,
                       .matches = matches,
                       .decides = !parts.empty(),
                       .what = joined(parts),
                       .expected = "one with " + joined(parts),
                       .way_out = query.given_by,
                       .not_chosen = "not asked for",
                       .of_one_case = ""});
}

bool is_dicom_file(const fs::path& path) {
  constexpr size_t kMark = 132;
  return is_file(path) && !is_folder(path) && may_be_dicom(read_head(path, kMark));
}

DicomFilePlace place_of_dicom_file(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  return {folder, folder / path.filename()};
}

DicomSeries find_dicom_series(const fs::path& path, const SeriesRule& rule, const std::string& channel) {
  const bool is_one = is_file(path) && !is_folder(path);
  const DicomFilePlace place = is_one ? place_of_dicom_file(path) : DicomFilePlace{path, {}};
  DicomScan scan = scan_dicom_folder(place.folder);
  const DicomChoice choice = choose_dicom_series(scan, rule, channel, place.file);
  DicomSeries series = std::move(scan.series[choice.series]);
  if (series.fault) throw Error(*series.fault);
  series.warnings.insert(series.warnings.end(), choice.warnings.begin(), choice.warnings.end());
  if (choice.left_out) series.warnings.push_back(*choice.left_out);
  return series;
}

}  // namespace trivox
