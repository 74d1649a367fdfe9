#include "loader/phantom/dicom_record.h"

#include <gdcmImage.h>
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmSmartPointer.h>
#include <zlib.h>

#include <algorithm>

#include "loader/file.h"
#include "transforms/error.h"

namespace trivox::phantom {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPreamble = 128;
constexpr uint32_t kPixelData = 0x7fe00010;
constexpr uint32_t kRows = 0x00280010, kColumns = 0x00280011;
constexpr uint32_t kUndefinedLength = 0xffffffff;

bool has_long_length(std::string_view vr) {
  return vr == "OB" || vr == "OW" || vr == "OF" || vr == "SQ" || vr == "UN" || vr == "UT";
}

uint32_t number(std::string_view bytes, size_t at, size_t length) {
  uint32_t value = 0;
  for (size_t i = length; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i - 1));
  return value;
}

/// Appends in the byte order asked for.
void put(std::string& out, uint32_t value, size_t length, bool big_endian) {
  for (size_t i = 0; i < length; ++i) {
    const size_t shift = 8 * (big_endian ? length - 1 - i : i);
    out += static_cast<char>(value >> shift & 0xff);
  }
}

struct Form {
  bool explicit_vr = true, big_endian = false;
};

void put_element(std::string& out, uint32_t tag, const DicomRecord::Element& element, Form form,
                 bool encapsulated = false) {
  put(out, tag >> 16, 2, form.big_endian);
  put(out, tag & 0xffff, 2, form.big_endian);
  const uint32_t length = encapsulated ? kUndefinedLength : static_cast<uint32_t>(element.value.size());
  if (form.explicit_vr) out += element.vr;
  if (form.explicit_vr && has_long_length(element.vr)) out += std::string(2, '\0');
  put(out, length, form.explicit_vr && !has_long_length(element.vr) ? 2 : 4, form.big_endian);
  const size_t begin = out.size();
  out += element.value;
  if (form.big_endian && (element.vr == "US" || element.vr == "OW"))
    for (size_t i = begin; i + 1 < out.size(); i += 2) std::swap(out[i], out[i + 1]);
}

std::string deflate_raw(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error("deflate", "not to be started", "memory for it");
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out + stream.total_out % 2);
  deflateEnd(&stream);
  if (ended != Z_STREAM_END) throw Error("deflate", "unfinished", "a stream");
  return out;
}

std::string header(const DicomRecord& record) {
  DicomRecord meta;
  meta.set(0x00020001, "OB", std::string("\0\1", 2));
  meta.set(0x00020002, "UI", record.text(0x00080016));
  meta.set(0x00020003, "UI", record.text(0x00080018));
  meta.set(0x00020010, "UI", record.transfer_syntax);
  meta.set(0x00020012, "UI", "2.25.1");
  std::string body;
  for (const auto& [tag, element] : meta.elements) put_element(body, tag, element, {});
  std::string out = std::string(kPreamble, '\0') + "DICM", length;
  put(length, static_cast<uint32_t>(body.size()), 4, false);
  put_element(out, 0x00020000, {"UL", length}, {});
  return out + body;
}

}  // namespace

std::string DicomRecord::text(uint32_t tag) const {
  const auto found = elements.find(tag);
  std::string value = found == elements.end() ? "" : found->second.value;
  while (!value.empty() && (value.back() == ' ' || value.back() == '\0')) value.pop_back();
  return value;
}

void DicomRecord::set(uint32_t tag, std::string_view vr, std::string value) {
  if (value.size() % 2 == 1) value += vr == "UI" || vr == "OB" ? '\0' : ' ';
  elements[tag] = {std::string(vr), std::move(value)};
}

void DicomRecord::set_whole(uint32_t tag, uint16_t value) {
  std::string bytes;
  put(bytes, value, 2, false);
  set(tag, "US", bytes);
}

std::vector<uint16_t> DicomRecord::pixels() const {
  const std::string& bytes = elements.at(kPixelData).value;
  std::vector<uint16_t> out(bytes.size() / 2);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint16_t>(number(bytes, 2 * i, 2));
  return out;
}

void DicomRecord::set_pixels(const std::vector<uint16_t>& pixels) {
  std::string bytes;
  bytes.reserve(2 * pixels.size());
  for (const uint16_t pixel : pixels) put(bytes, pixel, 2, false);
  set(kPixelData, "OW", std::move(bytes));
}

DicomRecord read_record(const fs::path& path) {
  const std::vector<std::byte> file = read_file(path);
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  DicomRecord record;
  try {
    for (size_t at = kPreamble + 4; at < bytes.size();) {
      const uint32_t tag = number(bytes, at, 2) << 16 | number(bytes, at + 2, 2);
      const std::string vr(bytes.substr(at + 4, 2));
      const size_t wide = has_long_length(vr) ? 4 : 2;
      at += wide == 4 ? 8 : 6;
      const uint32_t length = number(bytes, at, wide);
      at += wide;
      if (length > bytes.size() - at) throw std::out_of_range("element");
      const DicomRecord::Element element{vr, std::string(bytes.substr(at, length))};
      at += length;
      if (tag >> 16 != 2) record.elements[tag] = element;
    }
  } catch (const std::out_of_range&) {
    throw Error(Fault{path.string(), "it", "cut off", "a phantom's DICOM file", {}});
  }
  record.transfer_syntax = kExplicitLittle;
  return record;
}

void write_record(const fs::path& path, const DicomRecord& record, bool bare) {
  Form form;
  form.explicit_vr = record.transfer_syntax != kImplicitLittle;
  form.big_endian = record.transfer_syntax == kExplicitBig;
  std::string body;
  for (const auto& [tag, element] : record.elements)
    put_element(body, tag, element, form, record.is_encapsulated && tag == kPixelData);
  if (record.transfer_syntax == kDeflated) body = deflate_raw(body);
  write_file_atomically(path, bare ? body : header(record) + body);
}

void compress(DicomRecord& record, std::string_view transfer_syntax) {
  const gdcm::SmartPointer<gdcm::Image> held(new gdcm::Image);  // GDCM counts references to it
  gdcm::Image& image = *held;
  image.SetNumberOfDimensions(2);
  image.SetDimension(0, number(record.elements.at(kColumns).value, 0, 2));
  image.SetDimension(1, number(record.elements.at(kRows).value, 0, 2));
  image.SetPixelFormat(gdcm::PixelFormat(1, 16, 12, 11, 0));
  image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
  image.SetTransferSyntax(gdcm::TransferSyntax::ExplicitVRLittleEndian);
  gdcm::DataElement data(gdcm::Tag(0x7fe0, 0x0010));
  const std::string& pixels = record.elements.at(kPixelData).value;
  data.SetByteValue(pixels.data(), static_cast<uint32_t>(pixels.size()));
  image.SetDataElement(data);
  gdcm::ImageChangeTransferSyntax change;
  change.SetTransferSyntax(gdcm::TransferSyntax::GetTSType(std::string(transfer_syntax).c_str()));
  change.SetInput(image);
  if (!change.Change()) throw Error("transfer syntax", std::string(transfer_syntax), "one that GDCM writes");
  const gdcm::SequenceOfFragments* fragments = change.GetOutput().GetDataElement().GetSequenceOfFragments();
  if (fragments == nullptr) throw Error("transfer syntax", std::string(transfer_syntax), "one of fragments");
  constexpr uint32_t kItem = 0xe000fffe, kDelimiter = 0xe0ddfffe;  // as little endian: group first
  std::string value;
  put(value, kItem, 4, false);  // an offset table without entries
  put(value, 0, 4, false);
  for (size_t i = 0; i < fragments->GetNumberOfFragments(); ++i) {
    const gdcm::ByteValue& bytes = *fragments->GetFragment(i).GetByteValue();
    const size_t length = bytes.GetLength();
    put(value, kItem, 4, false);
    put(value, static_cast<uint32_t>(length + length % 2), 4, false);
    value.append(bytes.GetPointer(), length).append(length % 2, '\0');
  }
  put(value, kDelimiter, 4, false);
  put(value, 0, 4, false);
  record.elements[kPixelData] = {"OB", std::move(value)};
  record.transfer_syntax = transfer_syntax;
  record.is_encapsulated = true;
}

}  // namespace trivox::phantom
