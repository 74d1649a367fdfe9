#include "loader/dicom/stack_ids.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "loader/dicom/stack.h"

namespace trivox {
namespace {

constexpr size_t kFewest = 3;
constexpr double kUnevenPart = 0.1, kWidestPart = 3;  // of a gap; of SliceThickness

}  // namespace

bool forget_counted_stacks(std::span<DicomFrame* const> frames) {
  std::map<std::string, const DicomFrame*> first;
  for (const DicomFrame* frame : frames) {
    const auto [place, is_new] = first.try_emplace(frame->part, frame);
    if (!same_orientation(*frame, *frames.front())) return false;
    if ((place->second->position_mm - frame->position_mm).norm() >= kRepeatedMm) return false;
  }
  if (first.size() < kFewest) return false;
  const DicomFrame& one = *frames.front();
  const Eigen::Vector3d normal = one.row_direction.cross(one.column_direction).normalized();
  std::vector<double> along;
  for (const auto& [id, frame] : first) along.push_back(normal.dot(frame->position_mm));
  std::ranges::sort(along);
  const double gap = (along.back() - along.front()) / static_cast<double>(along.size() - 1);
  if (gap < kRepeatedMm || gap > kWidestPart * one.slice_thickness_mm.value_or(gap)) return false;
  for (size_t k = 1; k < along.size(); ++k)
    if (std::abs(along[k] - along[k - 1] - gap) > kUnevenPart * gap) return false;
  for (DicomFrame* frame : frames) frame->part.clear();
  return true;
}

}  // namespace trivox
