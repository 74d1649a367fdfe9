#include "loader/dicom/identity.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "loader/checksum.h"
#include "loader/dicom/attributes.h"
#include "loader/dicom/text.h"

namespace trivox {
namespace {

std::string hash_or_blank(const std::string& text) { return text.empty() ? "" : xxh3_hex(text); }

/// Scanners and archives differ in letter case, in padding and in carets behind the last name.
std::string plain(std::string text) {
  const auto is_padding = [](char c) { return c == ' ' || c == '^' || c == '=' || c == '\0'; };
  while (!text.empty() && is_padding(text.back())) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_padding));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

std::string number_hash(const std::string& text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return {};
  const size_t first = std::min(text.find_first_not_of('0'), text.size() - 1);
  return xxh3_hex(std::string_view(text).substr(first));
}

DicomIdentity dicom_identity(const DicomElements& set) {
  // By characters, since an archive may store them in another set than the scanner; and of a name's forms
  // (PS3.5, 6.2.1.2) the first that is there, since the others may be left out.
  std::string all = to_utf8(set.text(dicom::PatientName), set.text(dicom::SpecificCharacterSet));
  all.erase(0, all.find_first_not_of("=^ "));
  const std::string name = plain(all.substr(0, all.find('=')));
  return {hash_or_blank(name), hash_or_blank(plain(set.text(dicom::PatientID))),
          hash_or_blank(plain(set.text(dicom::PatientBirthDate))),
          hash_or_blank(plain(set.text(dicom::PatientSex))), number_hash(name)};
}

std::vector<std::string> differences(const DicomIdentity& a, const DicomIdentity& b) {
  std::vector<std::string> out;
  for (const auto& [attribute, member] :
       {std::pair{"PatientName", &DicomIdentity::name}, std::pair{"PatientID", &DicomIdentity::id},
        std::pair{"PatientBirthDate", &DicomIdentity::birth_date},
        std::pair{"PatientSex", &DicomIdentity::sex}}) {
    // "1" and "001" are one number; the dataset's names are numbers.
    const bool same_number =
        member == &DicomIdentity::name && !a.name_number.empty() && a.name_number == b.name_number;
    if (!(a.*member).empty() && !(b.*member).empty() && a.*member != b.*member && !same_number)
      out.emplace_back(attribute);
  }
  return out;
}

}  // namespace trivox
