#include "loader/dicom/text.h"

#include <iconv.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "loader/text.h"

namespace trivox {
namespace {

/// Defined terms of PS3.3, C.12.1.1.2, by iconv's names.
constexpr std::pair<std::string_view, const char*> kSets[] = {{"ISO_IR 100", "ISO-8859-1"},
                                                              {"ISO_IR 101", "ISO-8859-2"},
                                                              {"ISO_IR 109", "ISO-8859-3"},
                                                              {"ISO_IR 110", "ISO-8859-4"},
                                                              {"ISO_IR 144", "ISO-8859-5"},
                                                              {"ISO_IR 127", "ISO-8859-6"},
                                                              {"ISO_IR 126", "ISO-8859-7"},
                                                              {"ISO_IR 138", "ISO-8859-8"},
                                                              {"ISO_IR 148", "ISO-8859-9"},
                                                              {"ISO_IR 203", "ISO-8859-15"},
                                                              {"ISO_IR 13", "SHIFT_JIS"},
                                                              {"ISO_IR 166", "TIS-620"},
                                                              {"GB18030", "GB18030"},
                                                              {"GBK", "GBK"},
                                                              {"ISO 2022 IR 87", "ISO-2022-JP"},
                                                              {"ISO 2022 IR 159", "ISO-2022-JP-1"},
                                                              {"ISO 2022 IR 149", "EUC-KR"},
                                                              {"ISO 2022 IR 58", "GB2312"},
                                                              {"ISO 2022 IR 100", "ISO-8859-1"}};

std::string convert(std::string text, const char* from) {
  const iconv_t converter = iconv_open("UTF-8", from);
  // NOLINTNEXTLINE: iconv's own way to say that it has none
  if (converter == reinterpret_cast<iconv_t>(-1)) return {};
  std::string out(4 * text.size() + 4, '\0');
  char* in = text.data();
  char* to = out.data();
  size_t in_left = text.size(), out_left = out.size();
  const bool fine = iconv(converter, &in, &in_left, &to, &out_left) != static_cast<size_t>(-1);
  iconv_close(converter);
  if (!fine) return {};
  out.resize(out.size() - out_left);
  return out;
}

constexpr char kEscape = '\x1b';

/// Code extensions of ISO 2022 (PS3.3, C.12.1.1.2 and PS3.5, 6.1.2.5): what follows ESC, iconv's name for
/// what comes then, and whether that name wants the escape itself.
struct Extension {
  std::string_view escape;
  const char* name;
  bool keeps_escape;
};
constexpr Extension kExtensions[] = {
    {"(B", "ASCII", false},      {"(J", "SHIFT_JIS", false},  {")I", "SHIFT_JIS", false},
    {"$B", "ISO-2022-JP", true}, {"$@", "ISO-2022-JP", true}, {"$(D", "ISO-2022-JP-1", true},
    {"$)C", "EUC-KR", false},    {"$)A", "GB2312", false},    {"-A", "ISO-8859-1", false},
    {"-B", "ISO-8859-2", false}, {"-C", "ISO-8859-3", false}, {"-D", "ISO-8859-4", false},
    {"-L", "ISO-8859-5", false}, {"-G", "ISO-8859-6", false}, {"-F", "ISO-8859-7", false},
    {"-H", "ISO-8859-8", false}, {"-M", "ISO-8859-9", false}, {"-b", "ISO-8859-15", false},
    {"-T", "TIS-620", false},
};

/// A text with escapes, piece by piece; nothing where a piece is none of its set.
std::optional<std::string> from_iso2022(const std::string& text, const char* first) {
  std::string out;
  const char* name = first;
  std::string prefix;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == kEscape) {
      const std::string_view rest = std::string_view(text).substr(at + 1);
      const auto* found = std::ranges::find_if(
          kExtensions, [&](const Extension& extension) { return rest.starts_with(extension.escape); });
      if (found == std::end(kExtensions)) return std::nullopt;
      name = found->name;
      prefix = found->keeps_escape ? text.substr(at, 1 + found->escape.size()) : std::string();
      at += 1 + found->escape.size();
      continue;
    }
    const size_t end = std::min(text.find(kEscape, at), text.size());
    const std::string converted = convert(prefix + text.substr(at, end - at), name);
    if (converted.empty()) return std::nullopt;
    out += converted;
    at = end;
  }
  return out;
}

/// iconv's name of the set that a text begins in.
const char* first_set(const std::string& character_set) {
  const std::string first = character_set.substr(0, character_set.find('\\'));
  if (first.find("IR 13") != std::string::npos && first.find("IR 138") == std::string::npos)
    return "SHIFT_JIS";
  for (const auto& [term, name] : kSets)
    if (first.ends_with(term.substr(term.rfind(' ') + 1)) && !std::string_view(name).starts_with("ISO-2022"))
      return name;
  return "ASCII";
}

std::string decoded(const std::string& text, const std::string& character_set) {
  if (text.find(kEscape) != std::string::npos)
    if (auto converted = from_iso2022(text, first_set(character_set))) return *converted;
  if (is_utf8(text)) return text;
  for (const auto& [term, name] : kSets) {
    if (character_set.find(term) == std::string::npos) continue;
    if (std::string converted = convert(text, name); !converted.empty() && is_utf8(converted))
      return converted;
  }
  std::string plain;  // two texts stay two
  for (const char c : text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80)
      plain += c;
    else
      plain.append("\\x").append(1, kDigits[byte / 16]).append(1, kDigits[byte % 16]);
  }
  return plain;
}

}  // namespace

std::string to_utf8(const std::string& text, const std::string& character_set) {
  std::string out = decoded(text, character_set);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return out;
}

}  // namespace trivox
