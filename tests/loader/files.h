#pragma once
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace trivox::test {

/// A file of that content, with the folders above it.
inline void touch(const std::filesystem::path& file, const std::string& content = "") {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << content;
}

inline std::string slurp(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A patient of the npc layout by names alone.
inline void make_patient(const std::filesystem::path& folder) {
  for (const char* channel : {"T1WI", "T2WI", "CE-T1WI"}) touch(folder / channel / "1.dcm");
  for (const char* mask : {"ROI-T1.nii", "ROI-T2.nii", "ROI-CE-T1.nii"}) touch(folder / mask);
}

/// An nnU-Net dataset of two cases and two channels by names alone.
inline void make_nnunet(
    const fs::path& root,
    const std::string& json =
        R"({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "edema": 1, "core": 2},
        "file_ending": ".nii.gz", "numTraining": 2})") {
  touch(root / "dataset.json", json);
  for (const char* id : {"b_2", "a_1"}) {
    for (const char* channel : {"_0000", "_0001"})
      touch(root / "imagesTr" / (std::string(id) + channel + ".nii.gz"));
    touch(root / "labelsTr" / (std::string(id) + ".nii.gz"));
  }
}

}  // namespace trivox::test
