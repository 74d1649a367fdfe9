#include "loader/dicom.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "loader/dicom/concatenation.h"
#include "loader/dicom/elements.h"
#include "loader/dicom/pixels.h"
#include "loader/dicom/siblings.h"
#include "loader/dicom/stack.h"
#include "loader/dicom/stack_ids.h"
#include "loader/dicom/volumes.h"
#include "loader/file.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFirstBytes = size_t{8} << 10;  // hold the header of most scanners' files

/// The ending in small letters; one of digits alone, as in "IM.7" or a UID, counts as none.
std::string ending(const fs::path& path) {
  std::string text = lower(path.extension().string());
  const bool is_number = text.size() > 1 && std::all_of(text.begin() + 1, text.end(),
                                                        [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::string() : text;
}

bool ends_as_dicom(const fs::path& path) {
  const std::string text = ending(path);
  return text == ".dcm" || text == ".dicom" || text == ".ima";
}

/// A file's header through `buffer`, which is used again from file to file.
DicomHead read_header(const fs::path& path, std::vector<std::byte>& buffer, std::string& series_uid) {
  for (uint64_t most = kFirstBytes;;) {
    const uint64_t size = read_head(path, static_cast<size_t>(most), buffer);
    DicomHead head = parse_dicom_head(buffer, size, &series_uid);
    if (head.needs == 0) return head;
    if (buffer.size() >= size)  // the parser asks for no more than the file has
      throw Error("length", std::to_string(size) + " bytes", std::to_string(head.needs) + " bytes");
    most = std::max(4 * most, head.needs + kFirstBytes);
  }
}

DicomSeries new_series(const fs::path& folder, const DicomFile& file, const DicomFrame& frame) {
  DicomSeries series;
  series.folder = folder;
  series.series_uid = file.series_uid;
  series.image_type = frame.image_type;
  series.part = frame.part;
  if (file.series_uid.empty())
    series.warnings.emplace_back(
        "SeriesInstanceUID is absent: files of one folder, study, SeriesNumber, SeriesDescription "
        "and Modality are taken for one series");
  return series;
}

/// By what files without SeriesInstanceUID, as anonymisers leave them, are told apart.
std::string name_of_series(const fs::path& path, const DicomFile& file) {
  std::string name = path.parent_path().string();
  for (const std::string* part : {&file.study_uid, &file.series_number, &file.description, &file.modality})
    name.append("\n").append(*part);
  return name;
}

/// Sorts frames into stacks, in the order of the stacks' first frames. A frame belongs to the first stack
/// whose first frame it resembles; which can do so is looked up, since one file may hold 10^5 stacks.
class Stacks {
 public:
  explicit Stacks(fs::path folder) : folder_(std::move(folder)) {}

  void add(const fs::path& path, DicomFile file) {
    std::string uid = file.series_uid.empty() ? name_of_series(path, file) : file.series_uid;
    files_.push_back({path, std::move(uid), std::move(file)});
  }
  [[nodiscard]] std::vector<DicomSeries> take() && {
    forget_stacks();
    for (Added& added : files_) sort(std::move(added));  // one copy of the headers at a time
    std::vector<DicomSeries> out;
    part_copies(all_);
    for (DicomSeries& stack : all_)
      for (DicomSeries& volume : part_volumes(std::move(stack))) out.push_back(std::move(volume));
    join_slices_without_echo(out);
    return out;
  }

 private:
  struct Added {
    fs::path path;
    std::string uid;
    DicomFile file;
  };

  /// Of series in multi-frame files, or in enhanced files of a frame each.
  void forget_stacks() {
    std::map<std::string_view, std::vector<size_t>> series;
    for (size_t i = 0; i < files_.size(); ++i)
      if (std::ranges::any_of(files_[i].file.frames, [](const DicomFrame& f) { return !f.part.empty(); }))
        series[files_[i].uid].push_back(i);
    for (const auto& [uid, members] : series) {
      std::vector<DicomFrame*> frames;
      for (const size_t i : members)
        for (DicomFrame& frame : files_[i].file.frames) frames.push_back(&frame);
      if (forget_counted_stacks(frames))
        files_[members.front()].file.warnings.emplace_back(
            "StackID counts frames or places: the series is taken for one stack");
    }
  }

  void sort(Added added) {
    std::vector<DicomFrame> frames = std::move(added.file.frames);
    added.file.frames.clear();
    for (size_t i = 0; i < frames.size(); ++i) {
      DicomSeries& series = all_[stack_of(added.uid, added.file, frames[i])];
      if (series.files.empty() || series.files.back() != added.path) {
        series.files.push_back(added.path);
        series.headers.push_back(added.file);
      }
      series.slices.push_back({series.files.size() - 1, i, std::move(frames[i])});
    }
  }

  /// What is equal in a stack: series, image type and StackID by number; and what is nearly equal: cells, of
  /// echo time and orientation, twice as wide as what is the same, so that at most a neighbour's is meant.
  using Place = std::tuple<size_t, double, double>;

  static double echo_cell(const DicomFrame& frame) {
    constexpr double kNone = -1e9;  // ms
    return std::floor(frame.echo_time_ms.value_or(kNone) / (2 * kSameEchoMs));
  }
  /// Along one line through the six cosines, on which what differs by kSameCosine in each lies no further
  /// apart: the weights add up to 1, and no two are equal, as those of turned slices often are.
  static double orientation_cell(const DicomFrame& frame) {
    const double along = frame.row_direction.dot(Eigen::Vector3d(0.23, 0.19, 0.17)) +
                         frame.column_direction.dot(Eigen::Vector3d(0.15, 0.14, 0.12));
    return std::floor(along / (2 * kSameCosine));
  }

  size_t stack_of(const std::string& uid, const DicomFile& file, const DicomFrame& frame) {
    const size_t kind = kinds_.try_emplace({uid, frame.image_type, frame.part}, kinds_.size()).first->second;
    const double echo = echo_cell(frame), turn = orientation_cell(frame);
    size_t first = all_.size();
    for (const double e : {echo - 1, echo, echo + 1})
      for (const double t : {turn - 1, turn, turn + 1})
        if (const auto found = places_.find({kind, e, t}); found != places_.end())
          for (const size_t at : found->second) {
            if (at >= first) break;  // they ascend
            const DicomFrame& other = all_[at].slices.front().header;
            if (same_echo(frame, other) && same_orientation(frame, other)) first = at;
          }
    if (first == all_.size()) {
      all_.push_back(new_series(folder_, file, frame));
      places_[{kind, echo, turn}].push_back(first);
    }
    return first;
  }

  fs::path folder_;
  std::vector<Added> files_;
  std::vector<DicomSeries> all_;
  std::map<std::tuple<std::string, std::string, std::string>, size_t> kinds_;
  std::map<Place, std::vector<size_t>> places_;  // of the stacks' first frames
};

/// The files in the order in which the sorted slices use them.
void order_files(DicomSeries& series) {
  constexpr size_t kNone = SIZE_MAX;
  std::vector<size_t> place(series.files.size(), kNone);
  std::vector<fs::path> files;
  std::vector<DicomFile> headers;
  for (DicomSlice& slice : series.slices) {
    if (place[slice.file] == kNone) {
      place[slice.file] = files.size();
      files.push_back(std::move(series.files[slice.file]));
      headers.push_back(std::move(series.headers[slice.file]));
    }
    slice.file = place[slice.file];
  }
  series.files = std::move(files);
  series.headers = std::move(headers);
}

void finish_series(DicomSeries& series) {
  stack_slices(series);
  order_files(series);
  const DicomFile& file = series.headers.front();
  const DicomFrame& first = series.slices.front().header;
  series.frame_of_reference_uid = file.frame_of_reference_uid;
  series.study_uid = file.study_uid;
  for (const DicomFile& one : series.headers) {  // what some lack the others tell
    if (series.description.empty()) series.description = one.description;
    if (series.modality.empty()) series.modality = one.modality;
  }
  series.manufacturer_model = file.manufacturer_model;
  series.transfer_syntax = file.transfer_syntax;
  series.bits_allocated = file.pixels.bits_allocated;
  series.is_signed = file.pixels.is_signed;
  series.echo_time_ms = first.echo_time_ms;
  series.repetition_time_ms = first.repetition_time_ms;
  series.flip_angle_deg = first.flip_angle_deg;
  series.slice_thickness_mm = first.slice_thickness_mm;
}

/// A file's name with every number as '#': slices of a series differ in nothing else, mostly.
std::string name_pattern(const fs::path& path) {
  std::string out;
  for (const char c : path.filename().string()) {
    const bool is_digit = c >= '0' && c <= '9';
    if (is_digit && out.ends_with('#')) continue;
    out += is_digit ? '#' : c;
  }
  return out;
}

/// The same with every hexadecimal digit as '#', one by one: some systems count so, to a fixed length.
std::string hexadecimal_pattern(const fs::path& path) {
  std::string out = path.filename().string();
  for (char& c : out)
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) c = '#';
  return out;
}

/// Names of the slices in each folder, to tell what is named as they are.
class SliceNames {
 public:
  explicit SliceNames(const std::vector<DicomSeries>& all) {
    for (const DicomSeries& series : all)
      for (const fs::path& file : series.files) {
        const fs::path folder = file.parent_path();
        patterns_.insert({folder, name_pattern(file)});
        patterns_.insert({folder, hexadecimal_pattern(file)});
      }
  }
  [[nodiscard]] bool resemble(const fs::path& file) const {
    const fs::path folder = file.parent_path();
    return patterns_.contains({folder, name_pattern(file)}) ||
           patterns_.contains({folder, hexadecimal_pattern(file)});
  }

 private:
  std::set<std::pair<fs::path, std::string>> patterns_;
};

/// A file that is not DICOM but named as the slices beside it may be one that was damaged: passing
/// over it could lose a slice at an end of the stack, where no gap would tell. Others, such as README
/// or LOCKFILE on a disc of slices without ending, are no slices.
void suspect_ignored(DicomScan& scan) {
  const SliceNames slices(scan.series);
  std::erase_if(scan.ignored, [&](const IgnoredFile& file) {
    if (file.reason != "not DICOM" && file.reason != "empty") return false;
    const bool by_name = ends_as_dicom(file.path);
    if (!by_name && !slices.resemble(file.path)) return false;
    scan.broken.push_back({Fault{file.path.string(),
                                 "content",
                                 file.reason,
                                 by_name ? "DICOM, as the name says" : "DICOM, as the files beside it",
                                 {}},
                           {}});
    return true;
  });
}

}  // namespace

DicomScan scan_dicom_folder(const fs::path& folder) {
  if (!is_folder(folder))
    throw Error(Fault{
        folder.string(), "it", is_file(folder) ? "no folder" : "absent", "a folder of DICOM files", {}});
  DicomScan scan;
  scan.folder = folder;
  Stacks stacks(folder);
  std::vector<std::byte> buffer;
  std::vector<std::pair<fs::path, DicomFile>> without_uid;
  std::set<std::string> with_uid;
  for (const fs::path& path : files_below(folder)) {
    std::string series_uid;
    try {
      DicomHead head = read_header(path, buffer, series_uid);
      if (head.file && head.file->series_uid.empty()) {
        without_uid.emplace_back(path, std::move(*head.file));
      } else if (head.file) {
        with_uid.insert(name_of_series(path, *head.file));
        stacks.add(path, std::move(*head.file));
      } else {
        scan.ignored.push_back({path, head.ignored});
      }
    } catch (const Error& error) {
      scan.broken.push_back({error.with_path(path.string()).fault(), series_uid});
    }
  }
  for (auto& [path, file] : without_uid) {
    if (with_uid.contains(name_of_series(path, file)))
      scan.broken.push_back({Fault{path.string(),
                                   "SeriesInstanceUID",
                                   "absent",
                                   "one, as files beside it have that are described alike",
                                   {}},
                             {}});
    else
      stacks.add(path, std::move(file));
  }
  scan.series = std::move(stacks).take();
  suspect_ignored(scan);
  for (DicomSeries& series : scan.series) finish_series(series);
  check_concatenations(scan.series);
  return scan;
}

std::vector<DicomSeries> parse_dicom_series(std::span<const std::byte> bytes) {
  Stacks stacks{{}};
  if (DicomHead head = parse_dicom_head(bytes, bytes.size()); head.file)
    stacks.add({}, std::move(*head.file));
  std::vector<DicomSeries> all = std::move(stacks).take();
  for (DicomSeries& series : all) finish_series(series);
  check_concatenations(all);
  return all;
}

bool holds_dicom_files(const fs::path& folder) {
  constexpr size_t kMark = 132;
  std::vector<std::byte> buffer;
  return std::ranges::any_of(files_in(folder), [&](const fs::path& path) {
    (void)read_head(path, kMark, buffer);
    return may_be_dicom(buffer) || ends_as_dicom(path);
  });
}

}  // namespace trivox
