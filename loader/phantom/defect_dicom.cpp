#include <algorithm>
#include <array>
#include <string>

#include "loader/phantom/alteration.h"

// What is wrong within one DICOM file.
namespace trivox::phantom {
namespace {

namespace fs = std::filesystem;

/// The middle slice of T1WI, the element of that tag taking another value.
void set_in_middle(const fs::path& folder, const PatientPlan& plan, uint32_t tag, std::string_view vr,
                   const std::string& value) {
  change_middle(folder, plan, kT1, [&](DicomRecord& r, size_t) { r.set(tag, vr, value); });
}

void remove_in_middle(const fs::path& folder, const PatientPlan& plan, uint32_t tag) {
  change_middle(folder, plan, kT1, [&](DicomRecord& r, size_t) { r.remove(tag); });
}

void missing_orientation(const fs::path& folder, const PatientPlan& plan) {
  remove_in_middle(folder, plan, 0x00200037);
}
void missing_position(const fs::path& folder, const PatientPlan& plan) {
  remove_in_middle(folder, plan, 0x00200032);
}
void missing_pixel_spacing(const fs::path& folder, const PatientPlan& plan) {
  remove_in_middle(folder, plan, 0x00280030);
}
void missing_series_uid(const fs::path& folder, const PatientPlan& plan) {
  remove_in_middle(folder, plan, 0x0020000e);
}
void missing_pixel_data(const fs::path& folder, const PatientPlan& plan) {
  remove_in_middle(folder, plan, 0x7fe00010);
}
void orientation_not_unit(const fs::path& folder, const PatientPlan& plan) {
  set_in_middle(folder, plan, 0x00200037, "DS", "1\\0\\0\\0\\0.7\\0");
}
void position_not_a_number(const fs::path& folder, const PatientPlan& plan) {
  set_in_middle(folder, plan, 0x00200032, "DS", "-110\\-110\\nan");
}
void pixel_spacing_zero(const fs::path& folder, const PatientPlan& plan) {
  set_in_middle(folder, plan, 0x00280030, "DS", "0\\0");
}
void zero_slope(const fs::path& folder, const PatientPlan& plan) {
  set_in_middle(folder, plan, 0x00281053, "DS", "0");
}

void pixel_data_short(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kT1, [](DicomRecord& r, size_t) {
    std::vector<uint16_t> pixels = r.pixels();
    pixels.resize(pixels.size() / 2);
    r.set_pixels(pixels);
  });
}

void bits_allocated_12(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kT1, [](DicomRecord& r, size_t) { r.set_whole(0x00280100, 12); });
}

void colour_image(const fs::path& folder, const PatientPlan& plan) {
  change_series(folder, plan, kT2, [](DicomRecord& r, size_t) {
    std::vector<uint16_t> pixels = r.pixels();
    pixels.resize(3 * pixels.size());
    r.set_pixels(pixels);
    r.set_whole(0x00280002, 3);
    r.set_whole(0x00280006, 0);
    r.set(0x00280004, "CS", "RGB");
  });
}

void transfer_syntax_unknown(const fs::path& folder, const PatientPlan& plan) {
  change_series(folder, plan, kT1,
                [](DicomRecord& r, size_t) { r.transfer_syntax = "1.2.840.10008.1.2.99"; });
}

void compressed_data_broken(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kT1, [](DicomRecord& r, size_t) {
    compress(r, "1.2.840.10008.1.2.4.90");
    std::string& value = r.elements.at(0x7fe00010).value;
    // Past the two items' headers and the code stream's own.
    std::fill(value.begin() + 24, value.begin() + 60, '\x55');
  });
}

void multi_frame(const fs::path& folder, const PatientPlan& plan) {
  change_series(folder, plan, kT2, [](DicomRecord& r, size_t) {
    std::vector<uint16_t> pixels = r.pixels();
    pixels.resize(2 * pixels.size());
    r.set_pixels(pixels);
    r.set(0x00280008, "IS", "2");
  });
}

void mosaic(const fs::path& folder, const PatientPlan& plan) {
  change_series(folder, plan, kCe,
                [](DicomRecord& r, size_t) { r.set(0x00080008, "CS", "ORIGINAL\\PRIMARY\\M\\MOSAIC"); });
}

std::string little_endian(uint64_t value, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

/// An element as explicit little endian stores it; value: of even length.
std::string element(uint32_t tag, const std::string& vr, const std::string& value) {
  const bool is_long = vr == "SQ";
  return little_endian(tag >> 16, 2) + little_endian(tag & 0xffff, 2) + vr +
         (is_long ? std::string(2, '\0') : "") + little_endian(value.size(), is_long ? 4 : 2) + value;
}

std::string item(const std::string& content) {
  return little_endian(0xe000fffe, 4) + little_endian(content.size(), 4) + content;
}

/// All but where each frame lies.
void enhanced_without_geometry(const fs::path& folder, const PatientPlan& plan) {
  const fs::path series = series_folder(folder, kT1);
  DicomRecord record = read_record(slice_file(folder, plan, kT1, 0));
  std::vector<uint16_t> pixels = record.pixels();
  pixels.resize(4 * pixels.size());
  record.set_pixels(pixels);
  record.set(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4.1");
  record.set(0x00280008, "IS", "4");
  record.set(0x52009229, "SQ",
             item(element(0x00209116, "SQ", item(element(0x00200037, "DS", "1\\0\\0\\0\\1\\0 "))) +
                  element(0x00289110, "SQ",
                          item(element(0x00180050, "DS", "5 ") + element(0x00280030, "DS", "0.5\\0.5 ")))));
  record.set(0x52009230, "SQ", item("") + item("") + item("") + item(""));
  record.remove(0x00200032);
  record.remove(0x00200037);
  fs::remove_all(series);
  fs::create_directory(series);
  write_record(series / "enhanced.dcm", record);
}

void single_slice_without_thickness(const fs::path& folder, const PatientPlan& plan) {
  for (size_t k = 1; k < plan.series[kT1].files.size(); ++k) fs::remove(slice_file(folder, plan, kT1, k));
  change_slice(folder, plan, kT1, 0, [](DicomRecord& r, size_t) { r.remove(0x00180050); });
}

void constant_image(const fs::path& folder, const PatientPlan& plan) {
  change_series(folder, plan, kT2,
                [](DicomRecord& r, size_t) { r.set_pixels(std::vector<uint16_t>(r.pixels().size(), 0)); });
}

constexpr std::array kList = {
    Alteration{{"missing_orientation", "a slice of T1WI lacks ImageOrientationPatient"}, missing_orientation},
    Alteration{{"missing_position", "a slice of T1WI lacks ImagePositionPatient"}, missing_position},
    Alteration{{"missing_pixel_spacing", "a slice of T1WI lacks PixelSpacing"}, missing_pixel_spacing},
    Alteration{{"missing_series_uid", "a slice of T1WI lacks SeriesInstanceUID"}, missing_series_uid},
    Alteration{{"missing_pixel_data", "a slice of T1WI has no voxels"}, missing_pixel_data},
    Alteration{{"orientation_not_unit", "a direction in a slice of T1WI is no unit vector"},
               orientation_not_unit},
    Alteration{{"position_not_a_number", "a slice of T1WI lies at nan"}, position_not_a_number},
    Alteration{{"pixel_spacing_zero", "a slice of T1WI has pixels of 0 mm"}, pixel_spacing_zero},
    Alteration{{"zero_slope", "a slice of T1WI has RescaleSlope 0"}, zero_slope},
    Alteration{{"pixel_data_short", "a slice of T1WI holds half of its voxels, well formed"},
               pixel_data_short},
    Alteration{{"bits_allocated_12", "a slice of T1WI packs its voxels"}, bits_allocated_12},
    Alteration{{"colour_image", "T2WI is RGB"}, colour_image},
    Alteration{{"transfer_syntax_unknown", "T1WI is stored in a syntax that is none"},
               transfer_syntax_unknown},
    Alteration{{"compressed_data_broken", "the JPEG 2000 stream of a slice of T1WI is damaged"},
               compressed_data_broken},
    Alteration{{"multi_frame", "each file of T2WI holds two frames at one position"}, multi_frame},
    Alteration{{"mosaic", "CE-T1WI says that its images are mosaics"}, mosaic},
    Alteration{{"enhanced_without_geometry", "T1WI is one enhanced file whose frames have no positions"},
               enhanced_without_geometry},
    Alteration{{"single_slice_without_thickness", "T1WI is one slice, which does not say how thick"},
               single_slice_without_thickness},
    Alteration{{"constant_image", "every voxel of T2WI is 0"}, constant_image},
};

}  // namespace

std::span<const Alteration> defects_of_dicom() { return kList; }

}  // namespace trivox::phantom
