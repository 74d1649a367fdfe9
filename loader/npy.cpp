#include "loader/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "loader/bytes.h"
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
constexpr TypeName kTypes[] = {
    {NpyType::kUint8, "|u1", 1}, {NpyType::kFloat16, "<f2", 2}, {NpyType::kFloat32, "<f4", 4}};

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

/// Reads the header's dictionary from left to right, spaces between its parts skipped.
struct Scanner {
  std::string_view text;
  size_t at = 0;

  [[nodiscard]] Error wrong(const std::string& expected) const {
    return {"npy header", quoted(text.substr(std::min(at, text.size()), 60)), expected};
  }
  void skip_spaces() { at = std::min(text.find_first_not_of(' ', at), text.size()); }
  bool accept(std::string_view word) {
    skip_spaces();
    if (!text.substr(at).starts_with(word)) return false;
    at += word.size();
    return true;
  }
  void expect(std::string_view word) {
    if (!accept(word)) throw wrong("a dictionary with " + std::string(word) + " here");
  }
  std::string_view quoted_text() {
    expect("'");
    const size_t end = text.find('\'', at);
    if (end == std::string_view::npos) throw wrong("a text in quotes");
    const std::string_view found = text.substr(at, end - at);
    at = end + 1;
    return found;
  }
  std::vector<int64_t> shape() {
    skip_spaces();
    const size_t begin = at;
    const auto bad = [&] {
      return Error("npy shape", quoted(text.substr(begin, 60)), "a tuple of positive whole numbers");
    };
    if (!accept("(")) throw bad();
    std::vector<int64_t> found;
    for (bool comma = true; !accept(")"); comma = accept(",")) {
      skip_spaces();
      int64_t n = 0;
      const auto [next, code] = std::from_chars(text.data() + at, text.data() + text.size(), n);
      if (!comma || code != std::errc() || n < 1) throw bad();
      found.push_back(n);
      at = static_cast<size_t>(next - text.data());
      skip_spaces();
      // One number in brackets is no tuple.
      if (found.size() == 1 && text.substr(at).starts_with(')')) throw bad();
    }
    if (found.empty()) throw bad();
    return found;
  }
};

struct Header {
  std::string_view descr;
  bool has_descr = false, has_order = false, is_fortran = false;
  std::vector<int64_t> shape;
};

Header parse_header(std::string_view text) {
  Scanner in{text};
  Header header;
  in.expect("{");
  for (bool comma = true; !in.accept("}"); comma = in.accept(",")) {
    if (!comma) throw in.wrong("a comma between the dictionary's entries");
    const std::string_view key = in.quoted_text();
    in.expect(":");
    in.skip_spaces();
    const bool twice = (key == "descr" && header.has_descr) || (key == "fortran_order" && header.has_order) ||
                       (key == "shape" && !header.shape.empty());
    if (twice) throw in.wrong("every key once");
    if (key == "descr") {
      header.descr = in.quoted_text();
      header.has_descr = true;
    } else if (key == "fortran_order") {
      header.is_fortran = !in.accept("False");
      if (header.is_fortran && !in.accept("True")) throw in.wrong("True or False");
      header.has_order = true;
    } else if (key == "shape") {
      header.shape = in.shape();
    } else {
      throw Error("npy header", "with " + quoted(key), "'descr', 'fortran_order' and 'shape'");
    }
  }
  in.skip_spaces();
  if (in.at != text.size() && text.substr(in.at) != "\n") throw in.wrong("spaces and a line end");
  for (const auto& [key, there] :
       {std::pair{"'descr':", header.has_descr}, std::pair{"'fortran_order':", header.has_order},
        std::pair{"'shape':", !header.shape.empty()}})
    if (!there)
      throw Error("npy header", quoted(text.substr(0, 80)), std::string("a dictionary with ") + key);
  return header;
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
  for (size_t i = 0; i < shape.size(); ++i) dict += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
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
    throw Error("npy magic",
                text.size() < kPrefix ? std::to_string(text.size()) + " bytes" : "something else",
                "\\x93NUMPY, version 1.0");
  const size_t length = little_endian<uint16_t>(bytes, 8);
  if (kPrefix + length > text.size())
    throw Error("npy header length", std::to_string(length),
                "at most the " + std::to_string(text.size() - kPrefix) + " bytes that follow");
  Header header = parse_header(text.substr(kPrefix, length));
  NpyView view;
  const TypeName* found = nullptr;
  for (const TypeName& t : kTypes)
    if (header.descr == t.descr) found = &t;
  if (found == nullptr) throw Error("npy descr", quoted(header.descr), "'|u1', '<f2' or '<f4'");
  view.type = found->type;
  if (header.is_fortran) throw Error("npy fortran_order", "not False", "False (C order)");
  view.shape = std::move(header.shape);
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
