#include "loader/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

#include "transforms/error.h"

namespace trivox {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY\x01\x00", 8};
constexpr size_t kPrefix = 10;  // magic, version, two bytes of header length
constexpr size_t kAlign = 64;

struct TypeName {
  NpyType type;
  std::string_view descr;
  size_t size;
};
constexpr TypeName kTypes[] = {{NpyType::kUint8, "|u1", 1},
                               {NpyType::kFloat16, "<f2", 2},
                               {NpyType::kFloat32, "<f4", 4}};

const TypeName& about(NpyType type) {
  for (const TypeName& t : kTypes)
    if (t.type == type) return t;
  throw Error("npy type", std::to_string(static_cast<int>(type)), "uint8, float16 or float32");
}

// (operator+ with a literal in front trips g++ 12's -Wrestrict.)
std::string quoted(std::string_view text) {
  std::string out(1, '\'');
  out.append(text).push_back('\'');
  return out;
}

// What follows "'key':" in the header's dictionary, spaces skipped; throws where the key is absent.
std::string_view value_of(std::string_view header, std::string_view key) {
  const std::string name = quoted(key) + ":";
  const size_t at = header.find(name);
  if (at == std::string_view::npos)
    throw Error("npy header", quoted(header.substr(0, 80)), "a dictionary with " + name);
  std::string_view rest = header.substr(at + name.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

std::vector<int64_t> parse_shape(std::string_view text) {
  const auto wrong = [&] {
    return Error("npy shape", quoted(text.substr(0, 60)), "a tuple of positive whole numbers");
  };
  if (text.empty() || text.front() != '(') throw wrong();
  const size_t end = text.find(')');
  if (end == std::string_view::npos) throw wrong();
  std::vector<int64_t> shape;
  const char* at = text.data() + 1;
  const char* const stop = text.data() + end;
  while (at < stop) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    int64_t n = 0;
    const auto [next, code] = std::from_chars(at, stop, n);
    if (code != std::errc() || n < 1) throw wrong();
    shape.push_back(n);
    at = next;
  }
  if (shape.empty()) throw wrong();
  return shape;
}

}  // namespace

size_t npy_size(NpyType type) { return about(type).size; }

int64_t NpyView::elements() const {
  int64_t n = shape.empty() ? 0 : 1;
  for (const int64_t s : shape) n *= s;
  return n;
}

std::string npy_header(NpyType type, std::span<const int64_t> shape) {
  std::string dict = "{'descr': '" + std::string(about(type).descr) + "', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < shape.size(); ++i)
    dict += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  dict += shape.size() == 1 ? ",), }" : "), }";
  // The header ends in a newline; spaces before it bring the data to a multiple of 64.
  dict.append((kAlign - (kPrefix + dict.size() + 1) % kAlign) % kAlign, ' ');
  dict += '\n';
  std::string out(kMagic);
  out += static_cast<char>(dict.size() & 0xff);
  out += static_cast<char>(dict.size() >> 8);
  return out + dict;
}

NpyView parse_npy(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < kPrefix || text.substr(0, kMagic.size()) != kMagic)
    throw Error("npy magic", text.size() < kPrefix ? std::to_string(text.size()) + " bytes" : "something else",
                "\\x93NUMPY, version 1.0");
  const size_t length = std::to_integer<size_t>(bytes[8]) | (std::to_integer<size_t>(bytes[9]) << 8);
  if (kPrefix + length > text.size())
    throw Error("npy header length", std::to_string(length),
                "at most the " + std::to_string(text.size() - kPrefix) + " bytes that follow");
  const std::string_view header = text.substr(kPrefix, length);
  NpyView view;
  const std::string_view descr = value_of(header, "descr");
  const TypeName* found = nullptr;
  for (const TypeName& t : kTypes)
    if (descr.starts_with(quoted(t.descr))) found = &t;
  if (found == nullptr)
    throw Error("npy descr", std::string(descr.substr(0, descr.find(','))), "'|u1', '<f2' or '<f4'");
  view.type = found->type;
  if (!value_of(header, "fortran_order").starts_with("False"))
    throw Error("npy fortran_order", "not False", "False (C order)");
  view.shape = parse_shape(value_of(header, "shape"));
  view.data = bytes.subspan(kPrefix + length);
  uint64_t expected = found->size;
  for (const int64_t n : view.shape) {
    const auto factor = static_cast<uint64_t>(n);
    if (expected > std::numeric_limits<uint64_t>::max() / factor)
      throw Error("npy shape", "beyond 2^64 bytes", "an array that fits in memory");
    expected *= factor;
  }
  if (view.data.size() != expected)
    throw Error("npy data", std::to_string(view.data.size()) + " bytes",
                std::to_string(expected) + " bytes for its type and shape");
  return view;
}

}  // namespace trivox
