#include "loader/dicom/stack_warnings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <ranges>

#include "loader/dicom/stack.h"

namespace trivox {
void warn_of_inverted(DicomSeries& series) {
  const auto is_inverted = [&](const DicomSlice& s) { return series.headers[s.file].pixels.is_monochrome1; };
  const auto first = std::ranges::find_if(series.slices, is_inverted);
  const auto count = static_cast<size_t>(std::ranges::count_if(series.slices, is_inverted));
  if (count == series.slices.size())
    series.warnings.emplace_back("MONOCHROME1: values are inverted");
  else if (count > 0)
    series.warnings.push_back("MONOCHROME1 in " + std::to_string(count) + " of " +
                              std::to_string(series.slices.size()) + " slices (the first is " +
                              slice_name(series, *first) + "): their values are inverted");
}

void warn_of_echoes(DicomSeries& series) {
  const auto echo = [](const DicomSlice& slice) { return slice.header.echo_time_ms.value_or(0); };
  const auto [low, high] = std::ranges::minmax(series.slices | std::views::transform(echo));
  constexpr double kSaidMs = 1e-3;
  if (high - low <= kSaidMs) return;
  std::array<char, 120> text{};
  std::snprintf(text.data(), text.size(), "EchoTime is %g to %g ms: taken for rounding within one series",
                low, high);
  series.warnings.emplace_back(text.data());
}

void gather_file_warnings(DicomSeries& series) {
  std::map<std::string, std::vector<std::string>> files;
  for (size_t i = 0; i < series.files.size(); ++i)
    for (const std::string& warning : series.headers[i].warnings)
      files[warning].push_back(series.files[i].filename().string());
  for (const auto& [warning, names] : files)
    series.warnings.push_back(names.size() == 1
                                  ? names.front() + ": " + warning
                                  : names.front() + " and " + std::to_string(names.size() - 1) +
                                        (names.size() == 2 ? " other: " : " others: ") + warning);
}

void warn_of_half(DicomSeries& series, double gap_mm) {
  constexpr double kSameGap = 0.05;  // of it
  const std::vector<DicomSlice>& slices = series.slices;
  const auto number_of = [&](const DicomSlice& s) { return series.headers[s.file].instance_number; };
  const auto spacing = slices.front().header.spacing_between_slices_mm;
  const auto first = number_of(slices[0]), second = number_of(slices[1]);
  if (slices.size() < 3 || !spacing || !(*spacing > 0) || !first || !second) return;
  const int64_t step = *second - *first, times = std::abs(step);
  if (times < 2 || std::abs(gap_mm - static_cast<double>(times) * *spacing) > kSameGap * gap_mm) return;
  for (size_t k = 0; k < slices.size(); ++k) {
    const DicomSlice& slice = slices[k];
    if (slice.header.spacing_between_slices_mm != spacing ||
        number_of(slice) != *first + static_cast<int64_t>(k) * step)
      return;
  }
  series.warnings.push_back(
      "slices may be missing: they lie " + in_mm(gap_mm) + " apart, " + std::to_string(times) +
      " times SpacingBetweenSlices, and InstanceNumber goes in steps of " + std::to_string(times));
}

void warn_of_interleaved(DicomSeries& series, double gap_mm) {
  constexpr double kThickPart = 1.25;  // of the gap: packages of one scan take turns too, but overlap less
  const std::vector<DicomSlice>& slices = series.slices;
  if (slices.size() < 4) return;
  // Of what a slice is: its acquisition, or its file where that holds several slices.
  const auto turn = [&](const DicomSlice& slice) {
    if (series.headers[slice.file].pixels.frames > 1)
      return "file " + series.files[slice.file].filename().string();
    const std::vector<DicomMark>& marks = slice.header.marks;
    const auto found = std::ranges::find(marks, std::string("AcquisitionNumber"), &DicomMark::attribute);
    return found == marks.end() ? std::string() : "AcquisitionNumber " + found->value;
  };
  const std::string even = turn(slices[0]), odd = turn(slices[1]);
  if (even.empty() || odd.empty() || even == odd) return;
  double thickness = slices[0].header.slice_thickness_mm.value_or(0);
  for (size_t k = 0; k < slices.size(); ++k) {
    if (turn(slices[k]) != (k % 2 == 0 ? even : odd)) return;
    thickness = std::min(thickness, slices[k].header.slice_thickness_mm.value_or(0));
  }
  if (thickness <= kThickPart * gap_mm) return;
  series.warnings.push_back("slices of two acquisitions may take turns: " + even + " and " + odd +
                            " from slice to slice, and slices of " + in_mm(thickness) + " lie " +
                            in_mm(gap_mm) + " apart");
}

}  // namespace trivox
