#pragma once
#include <span>
#include <string>

#include "loader/dicom.h"

namespace trivox {

/// What messages call a slice: its file's name below the series' folder, and its frame if the file
/// has several.
[[nodiscard]] std::string slice_name(const DicomSeries& series, const DicomSlice& slice);

/// "4.000 mm".
[[nodiscard]] std::string in_mm(double value);

constexpr double kRepeatedMm = 0.01;  // closer slices are one position twice
constexpr double kSameCosine = 1e-3;  // each of the six cosines
/// Echo times of one series: some scanners write what each slice came to, GE's for instance 102.312 and
/// 102.328. Two echoes taken for one would have each position twice, which is an error.
constexpr double kSameEchoMs = 0.05;

[[nodiscard]] bool same_orientation(const DicomFrame& a, const DicomFrame& b);
[[nodiscard]] bool same_echo(const DicomFrame& a, const DicomFrame& b);

/// Some slices of a stack that was not sorted yet, with the files that hold them.
[[nodiscard]] DicomSeries slices_of(const DicomSeries& stack, std::span<const size_t> slices);

/// Sorts the slices of a series along their normal and fills grid, largest_position_error_mm,
/// orthonormal_mm, warnings, and fault where they are no evenly spaced stack of equal slices.
void stack_slices(DicomSeries& series);

/// Whether all of its slices are one such stack.
[[nodiscard]] bool is_one_stack(DicomSeries series);

}  // namespace trivox
