#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/clinical/words.h"

namespace trivox {

/// What a column of a clinical table holds.
enum class Meaning {
  kPatient,
  kRowCounter,
  kPersonal,
  kSequence,
  kSex,
  kAge,
  kPathology,
  kDiagnosis,
  kTStage,
  kNStage,
  kMStage,
  kTnm,
  kStage,
  kEbv,
  kEbvDna,
  kVca,
  kOverallSurvival,
  kProgressionFreeSurvival,
  kStatus,
  kVolume,
  kArea,
  kDiameter,
  kRegularity,
  kManufacturer,
  kScanner,
  kFieldStrength,
};

/// How its cells are read (loader/clinical/values.h).
enum class CellKind {
  kText,
  kNumber,
  kSex,
  kTStage,
  kNStage,
  kMStage,
  kTnm,
  kStage,
  kMarker,
  kOutcome,
  kSequence
};

struct MeaningInfo {
  Meaning meaning;
  const char* key;  ///< for programs: "age", "t_stage", "volume"
  CellKind kind;
  Dimension dimension;
  std::vector<std::string_view> names;  ///< squashed words, small letters, English and Chinese
};

/// All meanings, in the order in which they are tried.
[[nodiscard]] std::span<const MeaningInfo> meanings();
[[nodiscard]] const MeaningInfo& info_of(Meaning meaning);

/// What a header says.
struct HeaderReading {
  const MeaningInfo* info = nullptr;  ///< null: not understood
  std::string sequence;               ///< "T1WI" where the header names it besides a measure
  std::optional<Unit> unit;
  std::string unit_text;                    ///< the unit as the header has it
  std::map<std::string, std::string> code;  ///< "1" to "male", where the header explains its numbers
};

/// Reads a header such as "Volume (mm3)", "T1WI_max diameter/cm", "性别（1=男，2=女）". Case, spaces and
/// punctuation aside, all words must be known; otherwise it is not understood. Pure, thread safe.
[[nodiscard]] HeaderReading read_header(std::string_view header);

}  // namespace trivox
