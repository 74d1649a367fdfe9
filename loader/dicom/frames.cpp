#include "loader/dicom/frames.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <deque>
#include <map>
#include <span>
#include <utility>

#include "loader/dicom/attributes.h"
#include "loader/dicom/marks.h"
#include "loader/dicom/stack.h"
#include "loader/text.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr int64_t kMostFrames = 1 << 20;
constexpr double kFarthestMm = 1e6;  // no scanner is a kilometre wide
constexpr double kLeastSlope = 1e-28, kLargestSlope = 1e28, kLargestIntercept = 1e37;

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

/// Written with two decimals. What is whole lies along the axes of the world, which needs none.
bool are_coarse(std::span<const double> cosines) {
  const auto is_multiple_of = [&](double unit) {
    return std::ranges::all_of(cosines,
                               [&](double v) { return std::abs(v / unit - std::round(v / unit)) < 1e-6; });
  };
  return is_multiple_of(0.01) && !is_multiple_of(1);
}

/// Makes unit vectors of what is one but for rounding: of three decimals the lengths are off by up to 0.0009
/// and the cosine of the angle by up to 0.0017, of two decimals by ten times as much.
void check_directions(DicomFrame& frame, const std::string& text) {
  const double tolerance = frame.has_coarse_cosines ? 0.02 : 0.002;
  if (std::abs(frame.row_direction.norm() - 1) > tolerance ||
      std::abs(frame.column_direction.norm() - 1) > tolerance ||
      std::abs(frame.row_direction.dot(frame.column_direction)) > tolerance)
    throw Error("ImageOrientationPatient",
                text + " (lengths " + number(frame.row_direction.norm()) + " and " +
                    number(frame.column_direction.norm()) + ", cosine of their angle " +
                    number(frame.row_direction.dot(frame.column_direction)) + ")",
                "two unit vectors at a right angle, within " + number(tolerance));
  // Few decimals: of vectors a little longer than 1 voxels would be larger than PixelSpacing says.
  frame.row_direction.normalize();
  frame.column_direction.normalize();
}

void read_orientation(const DicomElements& set, DicomFrame& frame) {
  if (!set.contains(dicom::ImageOrientationPatient) && set.contains(dicom::ImageOrientation))
    throw Error("ImageOrientationPatient",
                "absent; ImageOrientation of ACR-NEMA is there, which tells not from where", "6 numbers");
  const auto v = set.numbers(dicom::ImageOrientationPatient, 6);
  frame.row_direction = {v[0], v[1], v[2]};
  frame.column_direction = {v[3], v[4], v[5]};
  frame.has_coarse_cosines = are_coarse(v);
  check_directions(frame, set.text(dicom::ImageOrientationPatient));
}

void read_position(const DicomElements& set, DicomFrame& frame) {
  const auto v = set.numbers(dicom::ImagePositionPatient, 3);
  for (const double n : v)
    if (std::abs(n) > kFarthestMm)
      throw Error("ImagePositionPatient", set.text(dicom::ImagePositionPatient),
                  "three numbers up to " + number(kFarthestMm) + " mm");
  frame.position_mm = {v[0], v[1], v[2]};
}

void read_spacing(const DicomElements& set, DicomFrame& frame) {
  const auto v = set.numbers(dicom::PixelSpacing, 2);
  for (const double n : v)
    if (!(n > 0) || n > kFarthestMm)
      throw Error("PixelSpacing", set.text(dicom::PixelSpacing),
                  "two numbers above 0, up to " + number(kFarthestMm));
  frame.row_spacing_mm = v[0];
  frame.column_spacing_mm = v[1];
}

void read_rescale(const DicomElements& set, DicomFrame& frame) {
  const auto slope = set.number(dicom::RescaleSlope), intercept = set.number(dicom::RescaleIntercept);
  frame.slope = slope.value_or(1);
  frame.intercept = intercept.value_or(0);
  frame.has_slope = slope.has_value();
  frame.has_intercept = intercept.has_value();
  // What 32 bits scaled so still is in a float.
  const double size = std::abs(frame.slope);
  if (!(size >= kLeastSlope && size <= kLargestSlope))
    throw Error("RescaleSlope", number(frame.slope),
                number(kLeastSlope) + " to " + number(kLargestSlope) + " or the same below 0");
  if (std::abs(frame.intercept) > kLargestIntercept)
    throw Error("RescaleIntercept", number(frame.intercept), "at most " + number(kLargestIntercept));
}

/// The element is of the creator ...001 by what GDCM and dcmtk know of it, and of ...005 in files of
/// others, where it may be a sequence as well: only one number above 0 counts.
void read_philips_slope(const DicomElements& set, DicomFrame& frame) {
  for (const char* creator : {dicom::kPhilipsScaleCreator, dicom::kPhilipsFrameCreator}) {
    const auto slope = set.private_attribute(dicom::PhilipsScaleSlope, creator);
    if (!slope) continue;
    try {
      const std::vector<double> values = set.numbers(*slope);
      if (values.size() == 1 && values[0] > 0) {
        frame.philips_slope = values[0];
        return;
      }
    } catch (const Error&) {
      continue;  // then it is absent, which is an error where Philips' scaling is asked for
    }
  }
}

/// Of what only describes a series: where it is broken it counts as absent, and that is said.
class Descriptions {
 public:
  explicit Descriptions(std::vector<std::string>& warnings) : warnings_(warnings) {}

  void read(const DicomElements& set, const DicomAttribute& attribute, std::optional<double>& value) {
    try {
      if (const auto found = set.number(attribute)) value = found;
    } catch (const Error& error) {
      const std::string warning = std::string(error.what()) + ": taken as absent";
      if (std::ranges::find(warnings_, warning) == warnings_.end()) warnings_.push_back(warning);
    }
  }
  /// Of a time: 0 is what software writes that does not know it.
  void read_time(const DicomElements& set, const DicomAttribute& attribute, std::optional<double>& value_ms) {
    read(set, attribute, value_ms);
    if (value_ms && !(*value_ms > 0)) value_ms.reset();
  }

 private:
  std::vector<std::string>& warnings_;
};

/// Values parted by backslashes without the spaces around each, which PS3.5 (6.2, CS) has no meaning for, and
/// without empty ones at the end.
std::string plain_values(const std::string& text) {
  std::string plain;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\\', at), text.size());
    plain.append(at == 0 ? "" : "\\").append(trimmed(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  while (plain.ends_with('\\')) plain.pop_back();
  return plain;
}

void describe(const DicomElements& set, Descriptions& descriptions, DicomFrame& frame) {
  descriptions.read_time(set, dicom::EchoTime, frame.echo_time_ms);
  descriptions.read_time(set, dicom::RepetitionTime, frame.repetition_time_ms);
  descriptions.read(set, dicom::FlipAngle, frame.flip_angle_deg);
  descriptions.read(set, dicom::SliceThickness, frame.slice_thickness_mm);
  try {
    frame.spacing_between_slices_mm = set.number(dicom::SpacingBetweenSlices);
  } catch (const Error&) {
    frame.spacing_between_slices_mm.reset();  // it is compared, never believed
  }
  frame.image_type = plain_values(set.text(dicom::ImageType));
}

DicomFrame read_classic(const DicomElements& set, std::vector<std::string>& warnings) {
  DicomFrame frame;
  Descriptions descriptions(warnings);
  describe(set, descriptions, frame);
  read_orientation(set, frame);
  read_position(set, frame);
  read_spacing(set, frame);
  read_rescale(set, frame);
  read_philips_slope(set, frame);
  mark_classic(set, frame);
  return frame;
}

/// The macros that all frames share, each parsed once.
class SharedGroups {
 public:
  explicit SharedGroups(const DicomElements* item) : item_(item) {}

  /// The one item of a macro, or null.
  [[nodiscard]] const DicomElements* find(const DicomAttribute& sequence) {
    if (item_ == nullptr) return nullptr;
    const auto [place, is_new] = parsed_.try_emplace(sequence.tag);
    if (is_new)
      if (auto items = item_->items(sequence); !items.empty()) place->second = std::move(items.front());
    return place->second ? &*place->second : nullptr;
  }

 private:
  const DicomElements* item_;
  std::map<uint32_t, std::optional<DicomElements>> parsed_;  // by tag
};

/// The one item of a macro: the frame's own, or the one that all frames share, or none.
class Groups {
 public:
  Groups(const DicomElements* own, SharedGroups& shared) : own_(own), shared_(shared) {}

  [[nodiscard]] const DicomElements* find(const DicomAttribute& sequence) {
    if (own_ != nullptr)
      if (auto items = own_->items(sequence); !items.empty())
        return &parsed_.emplace_back(std::move(items.front()));
    return shared_.find(sequence);
  }
  [[nodiscard]] const DicomElements& get(const DicomAttribute& sequence) {
    const DicomElements* found = find(sequence);
    if (found == nullptr) throw Error(sequence.name, "absent", "one for each frame or for all");
    return *found;
  }
  [[nodiscard]] const DicomElements* own() const { return own_; }

 private:
  const DicomElements* own_;
  SharedGroups& shared_;
  std::deque<DicomElements> parsed_;  // of the frame's own
};

void read_frame_type(Groups& groups, DicomFrame& frame) {
  for (const DicomAttribute* sequence :
       {&dicom::MRImageFrameTypeSequence, &dicom::CTImageFrameTypeSequence, &dicom::PETFrameTypeSequence}) {
    const auto* type = groups.find(*sequence);
    if (type == nullptr) continue;
    if (const std::string text = type->text(dicom::FrameType); !text.empty())
      frame.image_type = plain_values(text);
    if (const std::string part = type->text(dicom::ComplexImageComponent); !part.empty())
      frame.image_type += "\\" + part;
  }
}

/// What functional groups say beside geometry and values.
void describe_by_groups(Groups& groups, Descriptions& descriptions, DicomFrame& frame) {
  read_frame_type(groups, frame);
  if (const auto* echo = groups.find(dicom::MREchoSequence))
    descriptions.read_time(*echo, dicom::EffectiveEchoTime, frame.echo_time_ms);
  if (const auto* timing = groups.find(dicom::MRTimingAndRelatedParametersSequence)) {
    descriptions.read_time(*timing, dicom::RepetitionTime, frame.repetition_time_ms);
    descriptions.read(*timing, dicom::FlipAngle, frame.flip_angle_deg);
  }
  mark_enhanced([&](const DicomAttribute& sequence) { return groups.find(sequence); }, frame);
  if (groups.own() == nullptr) return;
  const auto philips =
      groups.own()->private_attribute(dicom::PhilipsFrameSequence, dicom::kPhilipsFrameCreator);
  if (philips)
    for (const DicomElements& item : groups.own()->items(*philips)) read_philips_slope(item, frame);
}

/// `frame` as the data set alone describes it.
DicomFrame read_enhanced(const DicomElements& set, DicomFrame frame, Groups& groups,
                         Descriptions& descriptions) {
  read_orientation(groups.get(dicom::PlaneOrientationSequence), frame);
  read_position(groups.get(dicom::PlanePositionSequence), frame);
  const DicomElements& measures = groups.get(dicom::PixelMeasuresSequence);
  read_spacing(measures, frame);
  descriptions.read(measures, dicom::SliceThickness, frame.slice_thickness_mm);
  const auto* values = groups.find(dicom::PixelValueTransformationSequence);
  read_rescale(values != nullptr ? *values : set, frame);
  describe_by_groups(groups, descriptions, frame);
  return frame;
}

/// What a file of one frame says twice has to be the same. `found` is the data set's, `expected` the groups'.
void check_same(const char* attribute, const DicomAttribute& sequence, std::span<const double> found,
                std::span<const double> expected, double tolerance) {
  const auto text = [](std::span<const double> numbers) {
    std::string all;
    for (const double n : numbers) all += (all.empty() ? "" : "\\") + number(n);
    return all;
  };
  for (size_t i = 0; i < found.size(); ++i)
    if (std::abs(found[i] - expected[i]) > tolerance)
      throw Error(std::string(attribute) + " of the data set", text(found),
                  text(expected) + ", as " + sequence.name + " has it");
}

/// A file of one frame that is a classic image by its data set and has functional groups as well: what they
/// give counts, the rest is the data set's.
DicomFrame read_both(const DicomElements& set, Groups& groups, std::vector<std::string>& warnings) {
  constexpr double kSameMm = 0.01, kSamePart = 1e-4;
  Descriptions descriptions(warnings);
  DicomFrame frame;
  describe(set, descriptions, frame);
  const auto* orientation = groups.find(dicom::PlaneOrientationSequence);
  const auto* position = groups.find(dicom::PlanePositionSequence);
  const auto* measures = groups.find(dicom::PixelMeasuresSequence);
  const auto* values = groups.find(dicom::PixelValueTransformationSequence);
  read_orientation(orientation != nullptr ? *orientation : set, frame);
  read_position(position != nullptr ? *position : set, frame);
  const bool has_spacing = measures != nullptr && measures->contains(dicom::PixelSpacing);
  read_spacing(has_spacing ? *measures : set, frame);
  read_rescale(values != nullptr ? *values : set, frame);
  read_philips_slope(set, frame);
  const std::span<const double> groups_position(frame.position_mm.data(), 3);
  check_same("ImagePositionPatient", dicom::PlanePositionSequence,
             set.numbers(dicom::ImagePositionPatient, 3), groups_position, kSameMm);
  DicomFrame own;
  read_orientation(set, own);
  for (const auto direction : {&DicomFrame::row_direction, &DicomFrame::column_direction})
    check_same("ImageOrientationPatient", dicom::PlaneOrientationSequence,
               std::span((own.*direction).data(), 3), std::span((frame.*direction).data(), 3), kSameCosine);
  if (has_spacing && !set.numbers(dicom::PixelSpacing).empty())
    check_same("PixelSpacing", dicom::PixelMeasuresSequence, set.numbers(dicom::PixelSpacing, 2),
               std::array{frame.row_spacing_mm, frame.column_spacing_mm}, kSamePart * frame.row_spacing_mm);
  for (const auto& [attribute, value] :
       {std::pair{&dicom::RescaleSlope, frame.slope}, std::pair{&dicom::RescaleIntercept, frame.intercept}})
    if (const auto found = set.number(*attribute))
      check_same(attribute->name, dicom::PixelValueTransformationSequence, std::array{*found},
                 std::array{value}, kSamePart * std::abs(value));
  if (measures != nullptr) descriptions.read(*measures, dicom::SliceThickness, frame.slice_thickness_mm);
  const auto echo = frame.echo_time_ms;
  describe_by_groups(groups, descriptions, frame);
  if (echo && frame.echo_time_ms && std::abs(*echo - *frame.echo_time_ms) > kSameEchoMs)
    warnings.push_back("EchoTime of the data set is " + number(*echo) + " ms, that of MREchoSequence " +
                       number(*frame.echo_time_ms) + " ms: the latter is taken");
  mark_classic(set, frame);
  return frame;
}

}  // namespace

bool has_frame_geometry(const DicomElements& set) {
  return set.contains(dicom::PerFrameFunctionalGroupsSequence) ||
         set.contains(dicom::SharedFunctionalGroupsSequence);
}

std::vector<DicomFrame> read_frames(const DicomElements& set, std::vector<std::string>& warnings) {
  int64_t count = set.whole(dicom::NumberOfFrames).value_or(1);
  if (count == 0 && !has_frame_geometry(set)) {  // as some converters leave it in a file of one slice
    warnings.emplace_back("NumberOfFrames is 0: read as one, which the file describes");
    count = 1;
  }
  if (count < 1 || count > kMostFrames)
    throw Error("NumberOfFrames", std::to_string(count), "1 to " + std::to_string(kMostFrames));
  if (!has_frame_geometry(set)) {
    if (count > 1)
      throw Error("NumberOfFrames",
                  std::to_string(count) + " without functional groups: nothing says where each lies",
                  "1, or PerFrameFunctionalGroupsSequence");
    return {read_classic(set, warnings)};
  }
  const bool has_own_geometry =
      count == 1 && set.contains(dicom::ImagePositionPatient) && set.contains(dicom::ImageOrientationPatient);
  const auto shared = set.items(dicom::SharedFunctionalGroupsSequence);
  const auto own = set.items(dicom::PerFrameFunctionalGroupsSequence);
  if (static_cast<int64_t>(own.size()) != count && !(own.empty() && count == 1))
    throw Error("PerFrameFunctionalGroupsSequence", std::to_string(own.size()) + " items",
                std::to_string(count) + " as NumberOfFrames says");
  SharedGroups all(shared.empty() ? nullptr : &shared.front());
  if (has_own_geometry) {
    Groups groups(own.empty() ? nullptr : &own.front(), all);
    return {read_both(set, groups, warnings)};
  }
  std::vector<DicomFrame> frames;
  Descriptions descriptions(warnings);
  DicomFrame described;
  describe(set, descriptions, described);
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    try {
      Groups groups(own.empty() ? nullptr : &own[i], all);
      frames.push_back(read_enhanced(set, described, groups, descriptions));
    } catch (const Error& error) {
      throw error.in("frame " + std::to_string(i + 1) + " of " + std::to_string(count));
    }
  }
  return frames;
}

}  // namespace trivox
