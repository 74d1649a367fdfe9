#include "loader/json.h"

#include <algorithm>
#include <limits>

namespace trivox::json {
namespace {

Error wrong(const char* key, const Json& found, const char* expected) {
  return Error("\"" + std::string(key) + "\"", dump(found, -1).substr(0, 60), expected);
}

}  // namespace

Json parse(std::string_view text) {
  // The library takes a NUL for the end, and what follows would be passed over.
  if (const size_t at = text.find('\0'); at != std::string_view::npos)
    throw Error("JSON", "broken: a NUL byte at " + std::to_string(at), "");
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    // The library counts the bytes that it read, the offending one included, and names its own parts.
    const std::string_view before =
        text.substr(0, std::min(error.byte > 0 ? error.byte - 1 : 0, text.size()));
    const size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
    const size_t column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    throw Error("JSON", "broken at line " + std::to_string(line) + ", column " + std::to_string(column),
                before.size() == text.size() ? "more of it: the file may be truncated" : "valid JSON");
  }
}

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

const Json& at(const Json& object, const char* key) {
  if (!object.is_object()) throw wrong(key, object, "a member of an object");
  const auto found = object.find(key);
  if (found == object.end()) throw Error("\"" + std::string(key) + "\"", "absent", "present");
  return *found;
}

std::string text(const Json& object, const char* key) {
  const Json& value = at(object, key);
  if (!value.is_string()) throw wrong(key, value, "a text");
  return value.get<std::string>();
}

double number(const Json& object, const char* key) {
  const Json& value = at(object, key);
  if (!value.is_number()) throw wrong(key, value, "a number");
  return value.get<double>();
}

bool flag(const Json& object, const char* key) {
  const Json& value = at(object, key);
  if (!value.is_boolean()) throw wrong(key, value, "true or false");
  return value.get<bool>();
}

uint64_t whole(const Json& object, const char* key) {
  const Json& value = at(object, key);
  if (!value.is_number_unsigned()) throw wrong(key, value, "a whole number");
  return value.get<uint64_t>();
}

const Json& object(const Json& object, const char* key) {
  const Json& value = at(object, key);
  if (!value.is_object()) throw wrong(key, value, "an object");
  return value;
}

const Json& array(const Json& object, const char* key) {
  const Json& value = at(object, key);
  if (!value.is_array()) throw wrong(key, value, "an array");
  return value;
}

std::vector<std::string> texts(const Json& object, const char* key) {
  std::vector<std::string> out;
  for (const Json& value : array(object, key)) {
    if (!value.is_string()) throw wrong(key, value, "texts");
    out.push_back(value.get<std::string>());
  }
  return out;
}

std::vector<int64_t> shape(const Json& object, const char* key) {
  std::vector<int64_t> out;
  for (const Json& value : array(object, key)) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() < 1 ||
        value.get<uint64_t>() > std::numeric_limits<int32_t>::max())
      throw wrong(key, value, "whole numbers from 1 to 2^31 - 1");
    out.push_back(value.get<int64_t>());
  }
  return out;
}

Json from_matrix(const Eigen::Matrix4d& matrix) {
  Json rows = Json::array();
  for (int r = 0; r < 4; ++r) rows.push_back({matrix(r, 0), matrix(r, 1), matrix(r, 2), matrix(r, 3)});
  return rows;
}

Eigen::Matrix4d matrix(const Json& object, const char* key) {
  const Json& rows = array(object, key);
  Eigen::Matrix4d out;
  if (rows.size() != 4) throw wrong(key, rows, "4 rows of 4 numbers");
  for (size_t r = 0; r < 4; ++r) {
    if (!rows[r].is_array() || rows[r].size() != 4) throw wrong(key, rows[r], "4 numbers a row");
    for (size_t c = 0; c < 4; ++c) {
      if (!rows[r][c].is_number()) throw wrong(key, rows[r][c], "numbers");
      out(static_cast<int>(r), static_cast<int>(c)) = rows[r][c].get<double>();
    }
  }
  return out;
}

Json from_grid(const Grid& grid) { return {{"size", grid.size}, {"affine", from_matrix(grid.affine)}}; }

Grid grid(const Json& object, const char* key) {
  const Json& value = at(object, key);
  Grid out;
  const std::vector<int64_t> size = shape(value, "size");
  if (size.size() != 3) throw wrong("size", value, "three whole numbers");
  std::copy(size.begin(), size.end(), out.size.begin());
  out.affine = matrix(value, "affine");
  return out;
}

}  // namespace trivox::json
