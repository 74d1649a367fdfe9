#include "loader/dicom/concatenation.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace trivox {
namespace {

namespace fs = std::filesystem;

struct Part {
  fs::path path;
  int64_t frames = 0;
  std::optional<int64_t> offset;
};

struct Concatenation {
  std::map<int64_t, Part> parts;  // by number
  std::optional<int64_t> count;
};

/// What is wrong with it, without path.
std::optional<Fault> fault_of(const Concatenation& image) {
  const auto there = static_cast<int64_t>(image.parts.size());
  const int64_t last = image.parts.rbegin()->first;
  const int64_t count = std::max(image.count.value_or(last), last);
  if (there < count) {
    constexpr int64_t kMost = 10;
    std::string numbers;
    int64_t told = 0;
    for (const auto& [number, part] : image.parts)
      if (told++ < kMost) numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
    if (there > kMost) numbers += " ...";
    return Fault{
        {},
        "files of one image (ConcatenationUID)",
        std::to_string(there) + ", of InConcatenationNumber " + numbers,
        std::to_string(count) + (image.count ? ", as InConcatenationTotalNumber says" : ", from 1 on"),
        {}};
  }
  int64_t before = 0;
  for (const auto& [number, part] : image.parts) {
    if (part.offset && *part.offset != before)
      return Fault{{},
                   "ConcatenationFrameOffsetNumber of " + part.path.filename().string(),
                   std::to_string(*part.offset),
                   std::to_string(before) + ", the frames of the files before it",
                   {}};
    before += part.frames;
  }
  return std::nullopt;
}

}  // namespace

void check_concatenations(std::vector<DicomSeries>& all) {
  std::map<std::string, Concatenation> images;
  for (const DicomSeries& series : all)
    for (size_t i = 0; i < series.files.size(); ++i) {
      const DicomFile& file = series.headers[i];
      if (file.concatenation_uid.empty() || !file.part_number) continue;
      Concatenation& image = images[file.concatenation_uid];
      if (file.part_count) image.count = std::max(image.count.value_or(0), *file.part_count);
      image.parts.try_emplace(
          *file.part_number,
          Part{series.files[i], static_cast<int64_t>(file.pixels.frames), file.part_offset});
    }
  if (images.empty()) return;
  std::map<std::string, Fault> faults;
  for (const auto& [uid, image] : images)
    if (auto fault = fault_of(image)) faults.emplace(uid, std::move(*fault));
  for (DicomSeries& series : all)
    for (const DicomFile& file : series.headers)
      if (const auto image = images.find(file.concatenation_uid);
          image != images.end() && !image->second.count) {
        series.warnings.emplace_back(
            "InConcatenationTotalNumber is absent: whether files at the end of the image (ConcatenationUID) "
            "are missing cannot be known");
        break;
      }
  for (DicomSeries& series : all)
    for (const DicomFile& file : series.headers)
      if (const auto found = faults.find(file.concatenation_uid); found != faults.end()) {
        series.fault = found->second;
        series.fault->path = series.folder.string();
        break;
      }
}

}  // namespace trivox
