#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "loader/nifti.h"
#include "loader/phantom/alteration.h"

// Other names of files, strangers among them, and other ways to store the same masks.
namespace trivox::phantom {
namespace {

namespace fs = std::filesystem;

/// Renames the slices in the order given; the folder then holds no other name.
template <class Name>
void rename_slices(const fs::path& folder, const PatientPlan& plan, const Name& name) {
  for (size_t s = 0; s < kSequences; ++s) {
    const size_t count = plan.series[s].files.size();
    // In two steps, because a new name may be another slice's old one.
    const fs::path aside = folder / "aside";
    fs::create_directory(aside);
    for (size_t k = 0; k < count; ++k) fs::rename(slice_file(folder, plan, s, k), aside / name(k, count));
    fs::remove(series_folder(folder, s));
    fs::rename(aside, series_folder(folder, s));
  }
}

void names_against_the_slices(const fs::path& folder, const PatientPlan& plan) {
  rename_slices(folder, plan,
                [](size_t k, size_t count) { return std::to_string(100 + count - k).append(".dcm"); });
}

void no_extension(const fs::path& folder, const PatientPlan& plan) {
  rename_slices(folder, plan, [](size_t k, size_t) { return std::to_string(10 * k); });
}

void files_of_a_mac(const fs::path& folder, const PatientPlan& plan) {
  write_text(folder / ".DS_Store", std::string("\0\0\0\1Bud1", 8));
  fs::create_directories(folder / "__MACOSX" / "T1WI");
  write_text(folder / "__MACOSX" / "T1WI" / "._000001.dcm", "resource");
  for (size_t s = 0; s < kSequences; ++s) {
    write_text(series_folder(folder, s) / ".DS_Store", std::string("\0\0\0\1Bud1", 8));
    write_text(series_folder(folder, s) / std::string("._").append(plan.series[s].files[0]),
               std::string("\0\5\26\7", 4));
  }
  write_text(folder / std::string("._").append(kSequenceNames[kT1].mask), std::string("\0\5\26\7", 4));
}

void strangers_beside(const fs::path& folder, const PatientPlan& plan) {
  write_text(series_folder(folder, kT1) / "VERSION", "exported by somebody\n");
  write_text(series_folder(folder, kT2) / "readme.txt", "no image\n");
  DicomRecord directory;
  directory.set(0x00080016, "UI", "1.2.840.10008.1.3.10");  // media storage directory
  directory.set(0x00080018, "UI", make_uid(1, plan.patient, 20, 50));
  directory.set(0x00041130, "CS", "DISC");
  directory.transfer_syntax = kExplicitLittle;
  write_record(series_folder(folder, kCe) / "DICOMDIR", directory);
}

constexpr std::array kFiles = {
    Alteration{{"names_against_the_slices", "file names run against the slices"}, names_against_the_slices},
    Alteration{{"no_extension", "file names without an extension"}, no_extension},
    Alteration{{"files_of_a_mac", ".DS_Store, ._ files and __MACOSX beside the data"}, files_of_a_mac},
    Alteration{{"strangers_beside", "texts and a DICOMDIR among the slices"}, strangers_beside},
};

// ---------------------------------------------------------------- masks

/// Writes each mask as `make` has it, in place of the one that is there.
template <class Make>
void change_masks(const fs::path& folder, const PatientPlan& plan, const Make& make) {
  for (size_t s = 0; s < kSequences; ++s)
    write_mask(mask_file(folder, s), make(phantom_mask(folder, plan, s)));
}

Volume<uint8_t> with_value(Volume<uint8_t> mask, uint8_t value) {
  for (uint8_t& v : mask.data) v = v != 0 ? value : uint8_t{0};
  return mask;
}

void mask_of_255(const fs::path& folder, const PatientPlan& plan) {
  change_masks(folder, plan, [](const auto& mask) { return with_value(mask, 255); });
}
void mask_of_2(const fs::path& folder, const PatientPlan& plan) {
  change_masks(folder, plan, [](const auto& mask) { return with_value(mask, 2); });
}

void mask_scaled(const fs::path& folder, const PatientPlan& plan) {
  change_masks(folder, plan, [](const auto& mask) { return with_value(mask, 255); });
  for (size_t s = 0; s < kSequences; ++s)
    poke(mask_file(folder, s), nifti_at::kSlope, float_bytes(1.0F / 255));
}

Volume<float> float_mask(const Volume<uint8_t>& mask, float inside, float outside) {
  Volume<float> out(mask.grid, 1);
  for (size_t i = 0; i < out.data.size(); ++i) out.data[i] = mask.data[i] != 0 ? inside : outside;
  return out;
}

void mask_of_floats(const fs::path& folder, const PatientPlan& plan) {
  change_masks(folder, plan, [](const auto& mask) { return float_mask(mask, 1, 0); });
}
void mask_soft(const fs::path& folder, const PatientPlan& plan) {
  change_masks(folder, plan, [](const auto& mask) { return float_mask(mask, 0.8F, 0.2F); });
}

/// The same voxels in the order of another orientation: x and y reversed, then x and z swapped.
void mask_reordered(const fs::path& folder, const PatientPlan& plan) {
  change_masks(folder, plan, [](const Volume<uint8_t>& mask) {
    const auto [nx, ny, nz] = mask.grid.size;
    Volume<uint8_t> out;
    Grid grid;
    grid.size = {nz, ny, nx};
    Eigen::Matrix4d to_old = Eigen::Matrix4d::Zero();  // voxel of the new order to voxel of the old
    to_old(0, 2) = -1, to_old(0, 3) = static_cast<double>(nx - 1);
    to_old(1, 1) = -1, to_old(1, 3) = static_cast<double>(ny - 1);
    to_old(2, 0) = to_old(3, 3) = 1;
    grid.affine = mask.grid.affine * to_old;
    out = Volume<uint8_t>(grid, 1);
    for (int64_t z = 0; z < nz; ++z)
      for (int64_t y = 0; y < ny; ++y)
        for (int64_t x = 0; x < nx; ++x) out.at(0, z, ny - 1 - y, nx - 1 - x) = mask.at(0, x, y, z);
    return out;
  });
}

void mask_with_sform(const fs::path& folder, const PatientPlan& plan) {
  for (size_t s = 0; s < kSequences; ++s)
    write_nifti(mask_file(folder, s), phantom_mask(folder, plan, s), NiftiWriteForm::kBoth);
}

void mask_with_sform_alone(const fs::path& folder, const PatientPlan& plan) {
  mask_with_sform(folder, plan);
  for (size_t s = 0; s < kSequences; ++s) poke(mask_file(folder, s), nifti_at::kQformCode, int16_bytes(0));
}

void mask_compressed(const fs::path& folder, const PatientPlan& plan) {
  for (size_t s = 0; s < kSequences; ++s) {
    const Volume<uint8_t> mask = phantom_mask(folder, plan, s);
    fs::remove(mask_file(folder, s));
    write_mask(mask_file(folder, s).concat(".gz"), mask);
  }
}

void mask_empty(const fs::path& folder, const PatientPlan& plan) {
  change_masks(folder, plan, [](const auto& mask) { return with_value(mask, 0); });
}

void mask_everywhere(const fs::path& folder, const PatientPlan& plan) {
  change_masks(folder, plan, [](auto mask) {
    std::fill(mask.data.begin(), mask.data.end(), uint8_t{1});
    return mask;
  });
}

constexpr std::array kMasks = {
    Alteration{{"mask_of_255", "masks hold 0 and 255"}, mask_of_255},
    Alteration{{"mask_of_2", "masks hold 0 and 2"}, mask_of_2},
    Alteration{{"mask_scaled", "masks hold 0 and 255, scaled by 1/255"}, mask_scaled},
    Alteration{{"mask_of_floats", "masks are float32"}, mask_of_floats},
    Alteration{{"mask_soft", "masks hold .8 inside and .2 outside"}, mask_soft},
    Alteration{{"mask_reordered", "masks are stored with other axes first, and reversed"}, mask_reordered},
    Alteration{{"mask_with_sform", "masks carry qform and sform"}, mask_with_sform},
    Alteration{{"mask_with_sform_alone", "masks carry an sform alone"}, mask_with_sform_alone},
    Alteration{{"mask_compressed", "masks are .nii.gz"}, mask_compressed},
    Alteration{{"mask_empty", "masks hold no foreground"}, mask_empty},
    Alteration{{"mask_everywhere", "masks are 1 in every voxel"}, mask_everywhere},
};

}  // namespace

std::span<const Alteration> oddities_of_files() { return kFiles; }
std::span<const Alteration> oddities_of_masks() { return kMasks; }

}  // namespace trivox::phantom
