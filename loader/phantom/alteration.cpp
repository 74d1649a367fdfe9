#include "loader/phantom/alteration.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <string>

#include "loader/file.h"
#include "loader/nifti.h"
#include "transforms/error.h"

namespace trivox {
namespace phantom {
namespace {

namespace fs = std::filesystem;

template <class... Lists>
std::vector<Alteration> joined_lists(const Lists&... lists) {
  std::vector<Alteration> all;
  (all.insert(all.end(), lists.begin(), lists.end()), ...);
  return all;
}

const std::vector<Alteration>& defects() {
  static const auto all =
      joined_lists(defects_of_files(), defects_of_series(), defects_of_dicom(), defects_of_masks());
  return all;
}

const std::vector<Alteration>& oddities() {
  static const auto all = joined_lists(oddities_of_dicom(), oddities_of_files(), oddities_of_masks());
  return all;
}

std::vector<PhantomAlteration> names_of(const std::vector<Alteration>& all) {
  std::vector<PhantomAlteration> out;
  for (const Alteration& one : all) out.push_back(one.is);
  return out;
}

template <class T>
void write_for_itk_snap(const fs::path& file, const Volume<T>& mask) {
  try {
    write_nifti(file, mask, NiftiWriteForm::kQformOnly);
  } catch (const Error& error) {
    if (error.fault().attribute != "distance between the grid and its qform") throw;
    write_nifti(file, mask, NiftiWriteForm::kBoth);
  }
}

}  // namespace

void write_mask(const fs::path& file, const Volume<uint8_t>& mask) { write_for_itk_snap(file, mask); }
void write_mask(const fs::path& file, const Volume<float>& mask) { write_for_itk_snap(file, mask); }

void alter(const fs::path& folder, const PatientPlan& plan, std::string_view name) {
  for (const auto* list : {&defects(), &oddities()})
    for (const Alteration& one : *list)
      if (one.is.name == name) return one.apply(folder, plan);
  throw Error("defect or oddity", std::string(name), "one of trivox phantom --help");
}

fs::path series_folder(const fs::path& folder, size_t sequence) {
  return folder / kSequenceNames[sequence].folder;
}

fs::path slice_file(const fs::path& folder, const PatientPlan& plan, size_t sequence, size_t k) {
  return series_folder(folder, sequence) / plan.series[sequence].files[k];
}

size_t middle_slice(const PatientPlan& plan, size_t sequence) {
  return plan.series[sequence].files.size() / 2;
}

fs::path mask_file(const fs::path& folder, size_t sequence) { return folder / kSequenceNames[sequence].mask; }

void change_slice(const fs::path& folder, const PatientPlan& plan, size_t sequence, size_t k,
                  const ChangeSlice& change) {
  const fs::path file = slice_file(folder, plan, sequence, k);
  DicomRecord record = read_record(file);
  change(record, k);
  write_record(file, record);
}

void change_middle(const fs::path& folder, const PatientPlan& plan, size_t sequence,
                   const ChangeSlice& change) {
  change_slice(folder, plan, sequence, middle_slice(plan, sequence), change);
}

void change_series(const fs::path& folder, const PatientPlan& plan, size_t sequence,
                   const ChangeSlice& change) {
  for (size_t k = 0; k < plan.series[sequence].files.size(); ++k)
    change_slice(folder, plan, sequence, k, change);
}

void change_all(const fs::path& folder, const PatientPlan& plan, const ChangeSlice& change) {
  for (size_t s = 0; s < kSequences; ++s) change_series(folder, plan, s, change);
}

void move_slice(DicomRecord& record, const Grid& grid, const Eigen::Vector3d& voxels) {
  const Eigen::Vector3d ras = grid.affine.topLeftCorner<3, 3>() * voxels;
  const Eigen::Vector3d lps(-ras.x(), -ras.y(), ras.z());
  std::string moved, rest = record.text(0x00200032);
  for (int i = 0; i < 3; ++i) {
    const size_t end = std::min(rest.find('\\'), rest.size());
    moved.append(i == 0 ? "" : "\\").append(decimal_string(std::stod(rest.substr(0, end)) + lps[i]));
    rest = rest.substr(std::min(end + 1, rest.size()));
  }
  record.set(0x00200032, "DS", moved);
}

void write_text(const fs::path& path, std::string_view text) { write_file_atomically(path, text); }

Volume<uint8_t> phantom_mask(const fs::path& folder, const PatientPlan& plan, size_t sequence) {
  const NiftiImage image = read_nifti(mask_file(folder, sequence));
  Volume<uint8_t> mask(plan.series[sequence].acquisition.grid, 1);
  for (size_t i = 0; i < mask.data.size(); ++i) mask.data[i] = image.volume.data[i] > 0 ? 1 : 0;
  return mask;
}

void poke(const fs::path& file, size_t at, std::string_view bytes) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) throw Error(Fault{file.string(), "writing", "a failure", "a file that can be altered", {}});
}

std::string int16_bytes(int value) {
  return {static_cast<char>(value & 0xff), static_cast<char>(value >> 8 & 0xff)};
}

std::string float_bytes(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return int16_bytes(static_cast<int>(bits & 0xffff)) + int16_bytes(static_cast<int>(bits >> 16));
}

}  // namespace phantom

const std::vector<PhantomAlteration>& phantom_defects() {
  static const auto list = phantom::names_of(phantom::defects());
  return list;
}

const std::vector<PhantomAlteration>& phantom_oddities() {
  static const auto list = phantom::names_of(phantom::oddities());
  return list;
}

}  // namespace trivox
