#include "loader/dicom_text.h"

#include <iconv.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

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

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t more = first < 0x80   ? 0
                        : first < 0xc2 ? 4
                        : first < 0xe0 ? 1
                        : first < 0xf0 ? 2
                        : first < 0xf5 ? 3
                                       : 4;
    if (more == 4 || i + more >= text.size() + (more == 0 ? 1 : 0)) return false;
    uint32_t code = more == 0 ? first : first & (0x3fu >> more);
    for (size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fu);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += more + 1;
  }
  return true;
}

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

}  // namespace

std::string to_utf8(const std::string& text, const std::string& character_set) {
  if (is_utf8(text)) return text;
  for (const auto& [term, name] : kSets) {
    if (character_set.find(term) == std::string::npos) continue;
    if (std::string converted = convert(text, name); !converted.empty() && is_utf8(converted))
      return converted;
  }
  std::string plain = text;
  std::ranges::replace_if(plain, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return plain;
}

}  // namespace trivox
