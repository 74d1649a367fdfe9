#pragma once
#include <span>
#include <string>
#include <string_view>

#include "evaluate/score.h"

namespace trivox {

/// Refuses names of groups that would not fit into scores.json: parts of letters, digits, - and _
/// joined by dots; none may repeat, lie inside another, or be a key of the main group's. UsageError.
void check_group_names(std::span<const std::string> names);

/// scores.json: the group named "" at the top ("summary", "cases", "not_predicted", "quarantined"),
/// a group "motion.header" under {"motion": {"header": {"dice": ..., "cases": ...}}}, with the
/// definitions of the figures and trivox's version. NaN becomes null and is told by "both_empty".
[[nodiscard]] std::string scores_json(std::span<const GroupScore> groups, std::string_view version);

/// In the first bytes of scores.json: what tells that trivox wrote it.
inline constexpr std::string_view kScoresMark = "{\n \"trivox\": \"";

/// The first line of scores.csv.
inline constexpr std::string_view kScoresHeader =
    "group,id,label,name,dice,jaccard,tp,fp,fn,volume_reference_ml,volume_prediction_ml,"
    "volume_difference_ml\n";

/// One row a case and label: group, id, label, name, dice, jaccard, voxel counts, volumes. RFC 4180;
/// NaN is an empty cell.
[[nodiscard]] std::string scores_csv(std::span<const GroupScore> groups);

/// For a terminal: a line a group and label, then what was not predicted or could not be scored.
[[nodiscard]] std::string text_table(std::span<const GroupScore> groups);

/// What the figures mean, for the report and scores.json: name and definition.
struct Definition {
  std::string_view name, text;
};
[[nodiscard]] std::span<const Definition> definitions();

}  // namespace trivox
