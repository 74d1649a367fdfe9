#include "loader/dicom/marks.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "loader/dicom/attributes.h"
#include "loader/dicom/text.h"
#include "transforms/error.h"

namespace trivox {
namespace {

std::string plain_number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.10g", value);
  return text.data();
}

void add_mark(DicomFrame& frame, const char* attribute, std::string value) {
  if (!value.empty()) frame.marks.push_back({attribute, std::move(value)});
}

/// What does not have to be there: where it is broken its text is as good a mark.
template <class Format = std::string (*)(double)>
std::string numbers_text(const DicomElements& set, const DicomAttribute& attribute,
                         const Format& format = plain_number) {
  if (!set.contains(attribute)) return {};
  std::string text;
  try {
    for (const double n : set.numbers(attribute)) text += (text.empty() ? "" : ", ") + format(n);
  } catch (const Error&) {
    text = to_utf8(set.text(attribute), {});
  }
  return text;
}

void mark(const DicomElements* set, const DicomAttribute& attribute, DicomFrame& frame,
          const char* name = nullptr) {
  if (set != nullptr) add_mark(frame, name != nullptr ? name : attribute.name, numbers_text(*set, attribute));
}

std::string weight(const DicomElements& set, const DicomAttribute& attribute) {
  return numbers_text(set, attribute, [](double value) { return std::to_string(value); });
}

}  // namespace

void mark_classic(const DicomElements& set, DicomFrame& frame) {
  mark(&set, dicom::TemporalPositionIdentifier, frame);
  for (const DicomAttribute* attribute : {&dicom::DiffusionBValue, &dicom::DiffusionGradientOrientation})
    add_mark(frame, attribute->name, weight(set, *attribute));
  for (const DicomAttribute* attribute :
       {&dicom::NominalCardiacTriggerDelayTime, &dicom::TriggerTime, &dicom::InversionTime,
        &dicom::EchoNumbers, &dicom::AcquisitionNumber})
    mark(&set, *attribute, frame);
}

void mark_enhanced(const std::function<const DicomElements*(const DicomAttribute&)>& macro,
                   DicomFrame& frame) {
  frame.has_groups = true;
  const auto* content = macro(dicom::FrameContentSequence);
  if (content != nullptr) {
    if (const std::string stack = to_utf8(content->text(dicom::StackID), {}); !stack.empty())
      frame.part = "StackID " + stack;
    mark(content, dicom::TemporalPositionIndex, frame);
  }
  if (const auto* diffusion = macro(dicom::MRDiffusionSequence)) {
    add_mark(frame, dicom::DiffusionBValue.name, weight(*diffusion, dicom::DiffusionBValue));
    std::string directions;
    for (const auto& direction : diffusion->items(dicom::DiffusionGradientDirectionSequence))
      directions += (directions.empty() ? "" : ", ") + weight(direction, dicom::DiffusionGradientOrientation);
    add_mark(frame, dicom::DiffusionGradientOrientation.name, directions);
  }
  mark(macro(dicom::CardiacSynchronizationSequence), dicom::NominalCardiacTriggerDelayTime, frame);
  mark(macro(dicom::MRModifierSequence), dicom::InversionTimes, frame, dicom::InversionTime.name);
  if (content == nullptr) return;
  mark(content, dicom::FrameAcquisitionNumber, frame, dicom::AcquisitionNumber.name);
  const std::vector<double> index = content->numbers(dicom::DimensionIndexValues);
  for (size_t i = 0; i < std::min(index.size(), std::size(kDimensionIndexValues)); ++i)
    add_mark(frame, kDimensionIndexValues[i], plain_number(index[i]));
}

}  // namespace trivox
