#include <array>
#include <string>
#include <utility>

#include "loader/phantom/alteration.h"

// Other ways to store the same images, which scanners and archives commonly take.
namespace trivox::phantom {
namespace {

namespace fs = std::filesystem;

void store_as(const fs::path& folder, const PatientPlan& plan, std::string_view transfer_syntax) {
  change_all(folder, plan, [&](DicomRecord& r, size_t) { r.transfer_syntax = transfer_syntax; });
}
void implicit_vr(const fs::path& folder, const PatientPlan& plan) { store_as(folder, plan, kImplicitLittle); }
void big_endian(const fs::path& folder, const PatientPlan& plan) { store_as(folder, plan, kExplicitBig); }
void deflated(const fs::path& folder, const PatientPlan& plan) { store_as(folder, plan, kDeflated); }

void compress_all(const fs::path& folder, const PatientPlan& plan, std::string_view transfer_syntax) {
  change_all(folder, plan, [&](DicomRecord& r, size_t) { compress(r, transfer_syntax); });
}
void rle(const fs::path& folder, const PatientPlan& plan) {
  compress_all(folder, plan, "1.2.840.10008.1.2.5");
}
void jpeg_lossless(const fs::path& folder, const PatientPlan& plan) {
  compress_all(folder, plan, "1.2.840.10008.1.2.4.70");
}
void jpeg_ls(const fs::path& folder, const PatientPlan& plan) {
  compress_all(folder, plan, "1.2.840.10008.1.2.4.80");
}
void jpeg_2000(const fs::path& folder, const PatientPlan& plan) {
  compress_all(folder, plan, "1.2.840.10008.1.2.4.90");
}

void no_preamble(const fs::path& folder, const PatientPlan& plan) {
  for (size_t s = 0; s < kSequences; ++s)
    for (size_t k = 0; k < plan.series[s].files.size(); ++k) {
      const fs::path file = slice_file(folder, plan, s, k);
      DicomRecord record = read_record(file);
      record.transfer_syntax = kImplicitLittle;
      write_record(file, record, true);
    }
}

/// Stored numbers scaled by a power of two that differs from slice to slice, the slope undoing it.
void rescale_per_slice(const fs::path& folder, const PatientPlan& plan) {
  change_all(folder, plan, [](DicomRecord& r, size_t k) {
    const int factor = k % 2 == 0 ? 2 : 4;
    std::vector<uint16_t> pixels = r.pixels();
    for (uint16_t& pixel : pixels) pixel = static_cast<uint16_t>(pixel * factor);
    r.set_pixels(pixels);
    r.set_whole(0x00280101, 16);
    r.set_whole(0x00280102, 15);
    const std::string slope = r.text(0x00281053);
    r.set(0x00281052, "DS", "0");
    r.set(0x00281053, "DS", decimal_string((slope.empty() ? 1 : std::stod(slope)) / factor));
  });
}

void signed_16_bit(const fs::path& folder, const PatientPlan& plan) {
  change_all(folder, plan, [](DicomRecord& r, size_t) {
    const std::string slope = r.text(0x00281053);
    std::vector<uint16_t> pixels = r.pixels();
    for (uint16_t& pixel : pixels) pixel = static_cast<uint16_t>(pixel - 1024);
    r.set_pixels(pixels);
    r.set_whole(0x00280101, 16);
    r.set_whole(0x00280102, 15);
    r.set_whole(0x00280103, 1);
    r.set(0x00281052, "DS", decimal_string(1024 * (slope.empty() ? 1 : std::stod(slope))));
    r.set(0x00281053, "DS", slope.empty() ? "1" : slope);
  });
}

void monochrome1(const fs::path& folder, const PatientPlan& plan) {
  change_all(folder, plan, [](DicomRecord& r, size_t) {
    std::vector<uint16_t> pixels = r.pixels();
    for (uint16_t& pixel : pixels) pixel = static_cast<uint16_t>(4095 - pixel);
    r.set_pixels(pixels);
    r.set(0x00280004, "CS", "MONOCHROME1");
  });
}

void overlay_in_high_bits(const fs::path& folder, const PatientPlan& plan) {
  change_all(folder, plan, [](DicomRecord& r, size_t) {
    std::vector<uint16_t> pixels = r.pixels();
    for (size_t i = 0; i < pixels.size(); i += 3) pixels[i] |= 0xa000;
    r.set_pixels(pixels);
    for (const auto& [group, bit] : {std::pair{0x60000000u, uint16_t{13}}, {0x60020000u, uint16_t{15}}}) {
      r.set(group | 0x0010, "US", r.elements.at(0x00280010).value);  // OverlayRows, OverlayColumns
      r.set(group | 0x0011, "US", r.elements.at(0x00280011).value);
      r.set(group | 0x0040, "CS", "G");
      r.set(group | 0x0050, "SS", std::string("\1\0\1\0", 4));
      r.set_whole(group | 0x0100, 16);
      r.set_whole(group | 0x0102, bit);
    }
  });
}

void pixel_data_padded(const fs::path& folder, const PatientPlan& plan) {
  change_all(folder, plan, [](DicomRecord& r, size_t) {
    std::vector<uint16_t> pixels = r.pixels();
    pixels.insert(pixels.end(), 4, 0);
    r.set_pixels(pixels);
  });
}

void private_elements(const fs::path& folder, const PatientPlan& plan) {
  change_all(folder, plan, [](DicomRecord& r, size_t k) {
    r.set(0x00290010, "LO", "SOMEBODY MR HEADER");
    r.set(0x00291010, "UN", std::string(301 + k, '\x7f'));
    r.set(0x20050010, "LO", "Somebody's imaging");
    r.set(0x2005140f, "UN", std::string(2, '\0'));
  });
}

void decubitus(const fs::path& folder, const PatientPlan& plan) {
  change_all(folder, plan, [](DicomRecord& r, size_t) { r.set(0x00185100, "CS", "HFDL"); });
}

void instance_numbers_useless(const fs::path& folder, const PatientPlan& plan) {
  change_all(folder, plan, [](DicomRecord& r, size_t) { r.set(0x00200013, "IS", "1"); });
}

void names_padded(const fs::path& folder, const PatientPlan& plan) {
  change_series(folder, plan, kT1,
                [](DicomRecord& r, size_t) { r.set(0x00100010, "PN", r.text(0x00100010) + "^^"); });
  change_series(folder, plan, kT2, [](DicomRecord& r, size_t) { r.set(0x00100010, "PN", ""); });
}

void frames_of_reference_differ(const fs::path& folder, const PatientPlan& plan) {
  change_series(folder, plan, kT2, [](DicomRecord& r, size_t) {
    r.set(0x00200052, "UI", "2.25.17");
    r.set(0x0020000d, "UI", "2.25.18");
  });
}

void slightly_uneven(const fs::path& folder, const PatientPlan& plan) {
  change_middle(folder, plan, kT2, [&](DicomRecord& r, size_t) {
    move_slice(r, plan.series[kT2].acquisition.grid, {0, 0, 0.05});
  });
}

constexpr std::array kList = {
    Alteration{{"implicit_vr", "DICOM in implicit little endian"}, implicit_vr},
    Alteration{{"big_endian", "DICOM in explicit big endian"}, big_endian},
    Alteration{{"deflated", "DICOM deflated"}, deflated},
    Alteration{{"rle", "DICOM compressed as RLE"}, rle},
    Alteration{{"jpeg_lossless", "DICOM compressed as JPEG lossless"}, jpeg_lossless},
    Alteration{{"jpeg_ls", "DICOM compressed as JPEG-LS"}, jpeg_ls},
    Alteration{{"jpeg_2000", "DICOM compressed as JPEG 2000 without loss"}, jpeg_2000},
    Alteration{{"no_preamble", "DICOM without preamble and group 2"}, no_preamble},
    Alteration{{"rescale_per_slice", "each slice has a slope of its own"}, rescale_per_slice},
    Alteration{{"signed_16_bit", "stored numbers are signed, with an intercept"}, signed_16_bit},
    Alteration{{"monochrome1", "the least stored number is white"}, monochrome1},
    Alteration{{"overlay_in_high_bits",
                "unused bits of the stored numbers hold overlays, which groups 6000 and 6002 declare"},
               overlay_in_high_bits},
    Alteration{{"pixel_data_padded", "PixelData goes on for 8 bytes behind the image"}, pixel_data_padded},
    Alteration{{"private_elements", "private groups with unknown content"}, private_elements},
    Alteration{{"decubitus", "PatientPosition is HFDL, which changes no position"}, decubitus},
    Alteration{{"instance_numbers_useless", "InstanceNumber is 1 in every file"}, instance_numbers_useless},
    Alteration{{"names_padded", "PatientName with carets in T1WI, blank in T2WI"}, names_padded},
    Alteration{{"frames_of_reference_differ", "T2WI is of another study and frame of reference"},
               frames_of_reference_differ},
    Alteration{{"slightly_uneven", "a slice of T2WI lies a twentieth of the gap too high"}, slightly_uneven},
};

}  // namespace

std::span<const Alteration> oddities_of_dicom() { return kList; }

}  // namespace trivox::phantom
