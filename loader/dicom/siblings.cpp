#include "loader/dicom/siblings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "loader/dicom/select.h"
#include "loader/dicom/stack.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr double kOffLatticePart = 0.1;   // of a gap, likewise
constexpr double kOffLatticeMm = 0.5;     // at most: the gaps of a few slices that were left may be wide
constexpr double kOtherImagePart = 0.05;  // of an echo or repetition time

const DicomFrame& first_frame(const DicomSeries& series) { return series.slices.front().header; }

void add_slices(DicomSeries& to, const DicomSeries& from) {
  for (DicomSlice slice : from.slices) {
    slice.file += to.files.size();
    to.slices.push_back(std::move(slice));
  }
  to.files.insert(to.files.end(), from.files.begin(), from.files.end());
  to.headers.insert(to.headers.end(), from.headers.begin(), from.headers.end());
}

DicomSeries part_in(const DicomSeries& series, const std::set<fs::path>& folders) {
  std::vector<size_t> slices;
  for (size_t k = 0; k < series.slices.size(); ++k)
    if (folders.contains(series.files[series.slices[k].file].parent_path())) slices.push_back(k);
  return slices_of(series, slices);
}

/// The folders of a series in groups that hold no image twice, the fullest folders first: a disc copied as a
/// whole is two, and a folder of key images parts nothing but itself.
std::vector<std::set<fs::path>> folders_of_copies(const DicomSeries& series) {
  const fs::path first = series.files.front().parent_path();
  const auto is_there = [&](const fs::path& file) { return file.parent_path() == first; };
  if (std::ranges::all_of(series.files, is_there)) return {{first}};  // nearly always
  std::map<fs::path, std::set<std::string>> images;
  for (size_t i = 0; i < series.files.size(); ++i)
    if (const std::string& uid = series.headers[i].instance_uid; !uid.empty())
      images[series.files[i].parent_path()].insert(uid);
    else
      images[series.files[i].parent_path()];
  std::vector<fs::path> order;
  for (const auto& [folder, uids] : images) order.push_back(folder);
  std::ranges::stable_sort(order, std::greater(),
                           [&](const fs::path& folder) { return images[folder].size(); });
  std::vector<std::set<fs::path>> groups;
  std::vector<std::set<std::string>> held;
  for (const fs::path& folder : order) {
    const std::set<std::string>& uids = images[folder];
    size_t g = 0;
    while (g < groups.size() &&
           std::ranges::any_of(uids, [&](const std::string& uid) { return held[g].contains(uid); }))
      ++g;
    if (g == groups.size()) {
      groups.emplace_back();
      held.emplace_back();
    }
    groups[g].insert(folder);
    held[g].insert(uids.begin(), uids.end());
  }
  return groups;
}

bool shares_position(const DicomSeries& a, const DicomSeries& b) {
  const Eigen::Vector3d normal =
      first_frame(a).row_direction.cross(first_frame(a).column_direction).normalized();
  std::vector<double> places;
  for (const DicomSlice& slice : a.slices) places.push_back(normal.dot(slice.header.position_mm));
  std::ranges::sort(places);
  return std::ranges::any_of(b.slices, [&](const DicomSlice& slice) {
    const double place = normal.dot(slice.header.position_mm);
    const auto near = std::ranges::lower_bound(places, place - kRepeatedMm);
    return near != places.end() && *near <= place + kRepeatedMm;
  });
}

std::string milliseconds(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%g ms", value);
  return text.data();
}

/// Up to three of them, and how many there are.
std::string names_of(const std::vector<const DicomSeries*>& parts) {
  constexpr size_t kMost = 3;
  std::vector<std::string> names;
  size_t count = 0;
  for (const DicomSeries* part : parts)
    for (const DicomSlice& slice : part->slices)
      if (++count <= kMost) names.push_back(slice_name(*part, slice));
  return count > kMost ? joined(names) + " and " + std::to_string(count - kMost) + " more" : joined(names);
}

bool are_apart(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b && std::abs(*a - *b) > kOtherImagePart * std::max(std::abs(*a), std::abs(*b));
}

/// What the stacks of a series share; those without a UID one folder.
std::string series_name(const DicomSeries& series) {
  return series.series_uid.empty() ? series.files.front().parent_path().string() : series.series_uid;
}

/// Another stack of the same series, if it lies as one.
bool is_kin(const DicomSeries& other, const DicomSeries& series) {
  constexpr double kNearCosine = 0.05;
  const DicomFrame &a = first_frame(other), &b = first_frame(series);
  return series_name(other) == series_name(series) &&
         (a.row_direction - b.row_direction).cwiseAbs().maxCoeff() <= kNearCosine &&
         (a.column_direction - b.column_direction).cwiseAbs().maxCoeff() <= kNearCosine;
}

/// Of the same images, as far as their headers say.
bool is_alike(const DicomSeries& other, const DicomSeries& series) {
  return other.description == series.description && other.part == series.part &&
         same_orientation(first_frame(other), first_frame(series)) &&
         !are_apart(other.echo_time_ms, series.echo_time_ms) &&
         !are_apart(other.repetition_time_ms, series.repetition_time_ms);
}

bool are_one_stack(const DicomSeries& series, const std::vector<const DicomSeries*>& others) {
  DicomSeries all = series;
  for (const DicomSeries* other : others) add_slices(all, *other);
  return is_one_stack(std::move(all));
}

/// How another stack lies on the line through a stack of several slices.
enum class Place { kElsewhere, kGoesOn, kBetween };

Place place_on_line(const DicomSeries& other, const DicomSeries& series) {
  const Eigen::Vector3d origin = first_frame(series).position_mm;
  const auto last = static_cast<double>(series.slices.size() - 1);
  const Eigen::Vector3d step = (series.slices.back().header.position_mm - origin) / last;
  std::set<std::string> images;
  for (const DicomFile& header : series.headers)
    if (header.pixels.frames == 1) images.insert(header.instance_uid);
  bool goes_on = false;
  for (const DicomSlice& slice : other.slices) {
    const std::string& uid = other.headers[slice.file].instance_uid;
    if (!uid.empty() && images.contains(uid)) continue;  // the same image once more
    const Eigen::Vector3d from = slice.header.position_mm - origin;
    const double k = from.dot(step) / step.squaredNorm(), nearest = std::round(k);
    const bool is_on_lattice =
        std::abs(k - nearest) <= std::min(kOffLatticePart, kOffLatticeMm / step.norm());
    if ((from - k * step).norm() > kOffLatticePart * step.norm()) return Place::kElsewhere;
    if (is_on_lattice && nearest >= 0 && nearest <= last) return Place::kElsewhere;  // there already
    goes_on = goes_on || (is_on_lattice && (nearest == -1 || nearest == last + 1));
  }
  return goes_on ? Place::kGoesOn : Place::kBetween;
}

/// The first attribute that tells two stacks apart: its name and both values.
struct Distinction {
  const char* attribute;
  std::string of_other, of_series;
};

Distinction distinction(const DicomSeries& other, const DicomSeries& series) {
  const auto echo = [](const DicomSeries& s) {
    return s.echo_time_ms ? milliseconds(*s.echo_time_ms) : std::string("absent");
  };
  const auto repetition = [](const DicomSeries& s) {
    return s.repetition_time_ms ? milliseconds(*s.repetition_time_ms) : std::string("absent");
  };
  const auto folder = [&](const DicomSeries& s) { return s.files.front().parent_path().string(); };
  const std::array<Distinction, 8> all = {
      Distinction{"SeriesDescription", other.description, series.description},
      {"part", other.part, series.part},
      {"orientation", describe_orientation(other), describe_orientation(series)},
      {"ImageType", other.image_type, series.image_type},
      {"EchoTime", echo(other), echo(series)},
      {"RepetitionTime", repetition(other), repetition(series)},
      {"Modality", other.modality, series.modality},
      {"folder", folder(other), folder(series)}};
  const auto found =
      std::ranges::find_if(all, [](const Distinction& d) { return d.of_other != d.of_series; });
  Distinction out = found == all.end() ? all[2] : *found;
  for (std::string* value : {&out.of_other, &out.of_series})
    if (value->empty()) *value = "absent";
  return out;
}

/// Those of `kin` that lie as if they were the series' own slices.
std::vector<const DicomSeries*> filling(const std::vector<const DicomSeries*>& kin,
                                        const DicomSeries& series) {
  std::vector<const DicomSeries*> between;
  for (const DicomSeries* other : kin) {
    const Place place = series.slices.size() > 1 ? place_on_line(*other, series) : Place::kBetween;
    if (place == Place::kElsewhere) continue;
    // Of fewer slices than there are gaps one alone does not fill them.
    const bool may_fill = other->slices.size() + 1 >= series.slices.size();
    if (place == Place::kGoesOn || (may_fill && are_one_stack(series, {other}))) return {other};
    between.push_back(other);
  }
  if (between.size() > 1 && are_one_stack(series, between)) return between;
  return {};
}

}  // namespace

void part_copies(std::vector<DicomSeries>& all) {
  std::vector<DicomSeries> parted;
  for (DicomSeries& series : all) {
    const std::vector<std::set<fs::path>> groups = folders_of_copies(series);
    if (groups.size() < 2) {
      parted.push_back(std::move(series));
      continue;
    }
    for (const std::set<fs::path>& folders : groups) parted.push_back(part_in(series, folders));
  }
  all = std::move(parted);
}

void join_slices_without_echo(std::vector<DicomSeries>& all) {
  constexpr size_t kMostPairs = 1 << 20;  // a broken file may hold 10^5 stacks
  struct Kin {
    std::vector<size_t> with, without;
  };
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Kin> kinds;
  for (size_t i = 0; i < all.size(); ++i) {
    const DicomSeries& one = all[i];
    Kin& kin = kinds[{series_name(one), one.image_type, one.part, one.headers.front().description}];
    (first_frame(one).echo_time_ms ? kin.with : kin.without).push_back(i);
  }
  std::set<size_t> gone;
  for (const auto& [key, kin] : kinds) {
    if (kin.with.empty() || kin.without.size() > kMostPairs / kin.with.size()) continue;
    for (const size_t i : kin.without) {
      DicomSeries& lost = all[i];
      std::vector<size_t> homes = kin.with;
      std::erase_if(homes, [&](size_t at) {
        return !same_orientation(first_frame(all[at]), first_frame(lost)) || shares_position(all[at], lost);
      });
      if (homes.size() != 1) continue;
      DicomSeries& home = all[homes.front()];
      const std::optional<double> echo = first_frame(home).echo_time_ms;
      home.warnings.push_back("EchoTime of " + names_of({&lost}) +
                              " is absent or 0: taken for that of the series' other slices, " +
                              milliseconds(*echo));
      for (DicomSlice& slice : lost.slices) slice.header.echo_time_ms = echo;
      add_slices(home, lost);
      gone.insert(i);
    }
  }
  size_t at = 0;
  std::erase_if(all, [&](const DicomSeries&) { return gone.contains(at++); });
}

SlicesLeftOut slices_left_out(const DicomScan& scan, size_t chosen) {
  SlicesLeftOut out;
  const DicomSeries& series = scan.series[chosen];
  if (series.fault) return out;
  std::vector<const DicomSeries*> alike, others;
  for (size_t i = 0; i < scan.series.size(); ++i)
    if (i != chosen && is_kin(scan.series[i], series))
      (is_alike(scan.series[i], series) ? alike : others).push_back(&scan.series[i]);
  if (const auto found = filling(alike, series); !found.empty()) {
    const Distinction d = distinction(*found.front(), series);
    out.fault = {scan.folder.string(),
                 std::string(d.attribute) + " of " + names_of(found),
                 d.of_other,
                 d.of_series + " as in " + slice_name(series, series.slices.front()) +
                     ", whose series and stack it is of by SeriesInstanceUID and position and would be left "
                     "out of",
                 {}};
  } else if (const auto beside = filling(others, series); !beside.empty()) {
    const Distinction d = distinction(*beside.front(), series);
    out.warning = names_of(beside) + ", of the same SeriesInstanceUID, would fill the stack or go on where " +
                  "it ends, and are left out: " + d.attribute + " is " + d.of_other + " there, " +
                  d.of_series + " here";
  }
  return out;
}

}  // namespace trivox
