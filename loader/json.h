#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "transforms/error.h"
#include "transforms/grid.h"

// Reading JSON that anybody may have edited: every access is checked and named. Internal to loader/
// and evaluate/.
namespace trivox::json {

using Json = nlohmann::ordered_json;

/// Throws Error "JSON is broken at line L, column C".
[[nodiscard]] Json parse(std::string_view text);
/// Invalid UTF-8 (file names may hold any byte) becomes the replacement character.
[[nodiscard]] std::string dump(const Json& json, int indent);

/// The member of an object; throws Error naming `key`.
[[nodiscard]] const Json& at(const Json& object, const char* key);
[[nodiscard]] std::string text(const Json& object, const char* key);
[[nodiscard]] double number(const Json& object, const char* key);
[[nodiscard]] bool flag(const Json& object, const char* key);
[[nodiscard]] uint64_t whole(const Json& object, const char* key);  ///< 0 and up
[[nodiscard]] const Json& object(const Json& object, const char* key);
[[nodiscard]] const Json& array(const Json& object, const char* key);
[[nodiscard]] std::vector<std::string> texts(const Json& object, const char* key);
[[nodiscard]] std::vector<int64_t> shape(const Json& object, const char* key);  ///< each 1 and up

[[nodiscard]] Json from_matrix(const Eigen::Matrix4d& matrix);
[[nodiscard]] Eigen::Matrix4d matrix(const Json& object, const char* key);
/// {"size": [x, y, z], "affine": 4 x 4, voxel (x, y, z) to RAS+ mm}
[[nodiscard]] Json from_grid(const Grid& grid);
[[nodiscard]] Grid grid(const Json& object, const char* key);

}  // namespace trivox::json
