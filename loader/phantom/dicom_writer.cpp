#include "loader/phantom/dicom_writer.h"

#include <gdcmDataElement.h>
#include <gdcmDataSet.h>
#include <gdcmFile.h>
#include <gdcmFileMetaInformation.h>
#include <gdcmTag.h>
#include <gdcmVR.h>
#include <gdcmWriter.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "loader/phantom/streams.h"
#include "transforms/error.h"
#include "transforms/rng.h"

namespace trivox::phantom {
namespace {

constexpr const char* kMrImageStorage = "1.2.840.10008.5.1.4.1.1.4";

void put(gdcm::DataSet& set, uint16_t group, uint16_t element, gdcm::VR::VRType vr, std::string value) {
  if (value.size() % 2 == 1) value += vr == gdcm::VR::UI ? '\0' : ' ';
  gdcm::DataElement data{gdcm::Tag(group, element)};
  data.SetVR(vr);
  data.SetByteValue(value.data(), static_cast<uint32_t>(value.size()));
  set.Replace(data);
}

void put(gdcm::DataSet& set, uint16_t group, uint16_t element, uint16_t value) {
  const std::array<char, 2> bytes = {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8)};
  gdcm::DataElement data{gdcm::Tag(group, element)};
  data.SetVR(gdcm::VR::US);
  data.SetByteValue(bytes.data(), 2);
  set.Replace(data);
}

std::string triple(const Eigen::Vector3d& v) {
  return decimal_string(v.x()) + "\\" + decimal_string(v.y()) + "\\" + decimal_string(v.z());
}

void put_identity(gdcm::DataSet& set, const SeriesHeader& header, int instance_number,
                  const std::string& instance_uid) {
  using gdcm::VR;
  put(set, 0x0008, 0x0005, VR::CS, "ISO_IR 100");
  put(set, 0x0008, 0x0008, VR::CS, "ORIGINAL\\PRIMARY\\M\\SE");
  put(set, 0x0008, 0x0016, VR::UI, kMrImageStorage);
  put(set, 0x0008, 0x0018, VR::UI, instance_uid);
  put(set, 0x0008, 0x0020, VR::DA, "");
  put(set, 0x0008, 0x0030, VR::TM, "");
  put(set, 0x0008, 0x0050, VR::SH, "");
  put(set, 0x0008, 0x0060, VR::CS, "MR");
  put(set, 0x0008, 0x0070, VR::LO, header.manufacturer);
  put(set, 0x0008, 0x0090, VR::PN, "");
  put(set, 0x0008, 0x103E, VR::LO, header.description);
  put(set, 0x0008, 0x1090, VR::LO, header.model);
  put(set, 0x0010, 0x0010, VR::PN, header.patient_name);
  put(set, 0x0010, 0x0020, VR::LO, "");
  put(set, 0x0010, 0x0030, VR::DA, "");
  put(set, 0x0010, 0x0040, VR::CS, "");
  put(set, 0x0010, 0x1010, VR::AS, "");
  if (header.contrast_agent) put(set, 0x0018, 0x0010, VR::LO, "Gadoteric acid meglumine");
  put(set, 0x0018, 0x0015, VR::CS, "HEAD");
  put(set, 0x0020, 0x000D, VR::UI, header.study_uid);
  put(set, 0x0020, 0x000E, VR::UI, header.series_uid);
  put(set, 0x0020, 0x0010, VR::SH, "");
  put(set, 0x0020, 0x0011, VR::IS, std::to_string(header.series_number));
  put(set, 0x0020, 0x0013, VR::IS, std::to_string(instance_number));
  put(set, 0x0020, 0x4000, VR::LT, "Synthetic image made by trivox phantom; no person.");
}

void put_acquisition(gdcm::DataSet& set, const SeriesHeader& header) {
  using gdcm::VR;
  put(set, 0x0018, 0x0020, VR::CS, "SE");
  put(set, 0x0018, 0x0021, VR::CS, "SK");
  put(set, 0x0018, 0x0022, VR::CS, "");
  put(set, 0x0018, 0x0023, VR::CS, "2D");
  put(set, 0x0018, 0x0050, VR::DS, decimal_string(header.slice_thickness_mm));
  put(set, 0x0018, 0x0080, VR::DS, decimal_string(header.repetition_time_ms));
  put(set, 0x0018, 0x0081, VR::DS, decimal_string(header.echo_time_ms));
  put(set, 0x0018, 0x0087, VR::DS, decimal_string(header.field_strength_t));
  put(set, 0x0018, 0x0088, VR::DS, decimal_string(header.reported_spacing_mm));
  put(set, 0x0018, 0x0091, VR::IS, std::to_string(header.echo_train_length));
  put(set, 0x0018, 0x1314, VR::DS, decimal_string(header.flip_angle_deg));
  put(set, 0x0018, 0x5100, VR::CS, "HFS");
}

void put_geometry(gdcm::DataSet& set, const SeriesHeader& header, const Grid& grid, int64_t k) {
  using gdcm::VR;
  const Eigen::Vector3d to_lps(-1, -1, 1);
  const Eigen::Vector3d spacing = grid.spacing_mm();
  const Eigen::Matrix3d direction = grid.direction();
  put(set, 0x0020, 0x0032, VR::DS,
      triple(to_lps.cwiseProduct(grid.to_world({0, 0, static_cast<double>(k)}))));
  put(set, 0x0020, 0x0037, VR::DS,
      triple(to_lps.cwiseProduct(direction.col(0))) + "\\" + triple(to_lps.cwiseProduct(direction.col(1))));
  put(set, 0x0020, 0x0052, VR::UI, header.frame_of_reference_uid);
  put(set, 0x0020, 0x1040, VR::LO, "");
  // Between rows first (y), then between columns (x).
  put(set, 0x0028, 0x0030, VR::DS, decimal_string(spacing.y()) + "\\" + decimal_string(spacing.x()));
}

void put_pixels(gdcm::DataSet& set, const SeriesHeader& header, const Grid& grid,
                std::span<const uint16_t> pixels) {
  using gdcm::VR;
  put(set, 0x0028, 0x0002, uint16_t{1});
  put(set, 0x0028, 0x0004, VR::CS, "MONOCHROME2");
  put(set, 0x0028, 0x0010, static_cast<uint16_t>(grid.size[1]));
  put(set, 0x0028, 0x0011, static_cast<uint16_t>(grid.size[0]));
  put(set, 0x0028, 0x0100, uint16_t{16});
  put(set, 0x0028, 0x0101, uint16_t{12});
  put(set, 0x0028, 0x0102, uint16_t{11});
  put(set, 0x0028, 0x0103, uint16_t{0});
  if (header.rescale_slope) {
    put(set, 0x0028, 0x1052, VR::DS, "0");
    put(set, 0x0028, 0x1053, VR::DS, decimal_string(*header.rescale_slope));
    put(set, 0x0028, 0x1054, VR::LO, "normalized");
  }
  std::string bytes(2 * pixels.size(), '\0');
  for (size_t i = 0; i < pixels.size(); ++i) {
    bytes[2 * i] = static_cast<char>(pixels[i] & 0xFF);
    bytes[2 * i + 1] = static_cast<char>(pixels[i] >> 8);
  }
  put(set, 0x7FE0, 0x0010, VR::OW, std::move(bytes));
}

}  // namespace

std::string decimal_string(double value) {
  std::array<char, 40> text{};
  if (value == 0) value = 0;  // no "-0"
  for (int digits = 15; digits > 0; --digits) {
    std::snprintf(text.data(), text.size(), "%.*g", digits, value);
    if (std::strlen(text.data()) <= 16) break;
  }
  return text.data();
}

std::string make_uid(uint64_t seed, uint32_t patient, uint32_t kind, uint32_t number) {
  const auto words = philox4x32({number, uint32_t{stream::kUid} << 17, patient, kind},
                                {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  const uint64_t high = (uint64_t{words[0]} << 32) | words[1];
  const uint64_t low = (uint64_t{words[2]} << 32) | words[3];
  // 2.25 is followed by a UUID's 128 bits as one decimal number; 19 digits each stay below that.
  constexpr uint64_t kNineteenDigits = 10000000000000000000U;
  std::string tail = std::to_string(low % kNineteenDigits);
  tail.insert(0, 19 - std::min<size_t>(19, tail.size()), '0');
  return "2.25." + std::to_string(1 + high % (kNineteenDigits - 1)) + tail;
}

void write_dicom_slice(const std::filesystem::path& path, const SeriesHeader& header, const Grid& grid,
                       int64_t k, int instance_number, const std::string& instance_uid,
                       std::span<const uint16_t> pixels) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  if (!stream) throw Error(Fault{path.string(), "opening for writing", std::strerror(errno), "", {}});
  gdcm::Writer writer;
  gdcm::File& file = writer.GetFile();
  gdcm::DataSet& set = file.GetDataSet();
  put_identity(set, header, instance_number, instance_uid);
  put_acquisition(set, header);
  put_geometry(set, header, grid, k);
  put_pixels(set, header, grid, pixels);
  file.GetHeader().SetDataSetTransferSyntax(gdcm::TransferSyntax::ExplicitVRLittleEndian);
  writer.SetStream(stream);
  const bool written = writer.Write();
  stream.close();
  if (!written || !stream)
    throw Error(Fault{path.string(), "writing", "a failure", "a file (is the disk full?)", {}});
}

}  // namespace trivox::phantom
