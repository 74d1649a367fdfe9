#include "loader/dicom/identity.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "loader/checksum.h"
#include "loader/dicom/attributes.h"
#include "loader/dicom/text.h"
#include "loader/text.h"

namespace trivox {
namespace {

std::string hash_or_blank(const std::string& text) { return text.empty() ? "" : xxh3_hex(text); }

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "1" of "001".
std::string as_number(const std::string& digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

/// Scanners and archives differ in letter case, in padding, and in what parts the words: each run of
/// `separators` becomes `instead`, those at the ends go.
std::string plain(const std::string& text, std::string_view separators, std::string_view instead) {
  std::string out;
  bool parts = false;
  for (const char c : case_folded(normalised(text))) {
    if (c == '\0' || separators.find(c) != separators.npos) {
      parts = true;
      continue;
    }
    if (parts && !out.empty()) out += instead;
    parts = false;
    out += c;
  }
  return is_number(out) ? as_number(out) : out;
}

/// Scanners and archives part an id in their own ways, NPC-001 or NPC001; but 1-23 is not 12-3: with "-"
/// between digits that are parted, empty where none are.
std::string parted_digits(const std::string& text, std::string_view separators) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string parted = plain(text, separators, "-");
  std::string out;
  bool has_parted = false;
  for (size_t i = 0; i < parted.size(); ++i) {
    const bool is_between = parted[i] == '-' && i + 1 < parted.size() && !out.empty() &&
                            is_digit(out.back()) && is_digit(parted[i + 1]);
    if (parted[i] != '-' || is_between) out += parted[i];
    has_parted = has_parted || is_between;
  }
  return has_parted ? out : std::string();
}

/// 1950.1.11 is 19500111: with points it is ACR-NEMA's form, which readers are to accept (PS3.5, 6.2, DA).
std::string plain_date(const std::string& text) {
  constexpr std::string_view kSeparators = " .-/";
  const std::string parted = plain(text, kSeparators, "-");
  const size_t first = parted.find('-'), last = parted.rfind('-');
  if (first == std::string::npos || first == last) return plain(text, kSeparators, "");
  const auto two = [](const std::string& digits) { return digits.size() == 1 ? "0" + digits : digits; };
  return parted.substr(0, first) + two(parted.substr(first + 1, last - first - 1)) +
         two(parted.substr(last + 1));
}

}  // namespace

std::string number_hash(const std::string& text) { return is_number(text) ? xxh3_hex(as_number(text)) : ""; }

DicomIdentity dicom_identity(const DicomElements& set) {
  // By characters, since an archive may store them in another set than the scanner; and of a name's forms
  // (PS3.5, 6.2.1.2) the first that is there, since the others may be left out.
  const std::string character_set = set.text(dicom::SpecificCharacterSet);
  std::string all = to_utf8(set.text(dicom::PatientName), character_set);
  all.erase(0, all.find_first_not_of("=^ "));
  // A worklist has ZHANG^SAN, who types ZHANG SAN.
  const std::string name = plain(all.substr(0, all.find('=')), "^, -_", " ");
  constexpr std::string_view kSeparators = " -_.";
  const std::string id = to_utf8(set.text(dicom::PatientID), character_set);
  return {hash_or_blank(name),
          hash_or_blank(plain(id, kSeparators, "")),
          hash_or_blank(parted_digits(id, kSeparators)),
          hash_or_blank(plain_date(set.text(dicom::PatientBirthDate))),
          hash_or_blank(plain(set.text(dicom::PatientSex), " ", "")),
          number_hash(name)};
}

std::vector<std::string> differences(const DicomIdentity& a, const DicomIdentity& b) {
  std::vector<std::string> out;
  for (const auto& [attribute, member] :
       {std::pair{"PatientName", &DicomIdentity::name}, std::pair{"PatientID", &DicomIdentity::id},
        std::pair{"PatientBirthDate", &DicomIdentity::birth_date},
        std::pair{"PatientSex", &DicomIdentity::sex}}) {
    if (!(a.*member).empty() && !(b.*member).empty() && a.*member != b.*member) out.emplace_back(attribute);
  }
  const bool has_id = std::ranges::find(out, "PatientID") != out.end();
  if (!has_id && !a.id_digits.empty() && !b.id_digits.empty() && a.id_digits != b.id_digits)
    out.emplace_back("PatientID");
  return out;
}

}  // namespace trivox
