#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace trivox {

/// Synthetic patients in the layout of the NPC dataset.
struct PhantomOptions {
  int patients = 8;
  int first_id = 1;  ///< folder names are three digits from here on
  /// tiny: matrix 64-80, 20 slices; demo: matrix 256-320, 20 slices; full: matrix 432-640, 22-30 slices
  std::string size = "demo";
  bool motion = true;  ///< a known rigid motion of 1-3 mm a sequence; false: none
  uint64_t seed = 1;
  std::string defect;  ///< "" or one of `phantom_defects()`: a patient broken in that way; all
  std::string oddity;  ///< likewise of `phantom_oddities()`: a patient stored in that way
  int threads = 0;     ///< 0: all cores
};

/// A way in which a patient differs from a plain one, named as the test that uses it.
struct PhantomAlteration {
  std::string_view name;
  std::string_view what;
};
/// What makes a patient unusable: reading quarantines it.
[[nodiscard]] const std::vector<PhantomAlteration>& phantom_defects();
/// What is odd but can be read, as scanners, archives and annotators leave it.
[[nodiscard]] const std::vector<PhantomAlteration>& phantom_oddities();

/// Writes `patients` plain ones, then those of `defect`, then those of `oddity`, as
/// data/MRI-Segments/NNN/{T1WI,T2WI,CE-T1WI}/*.dcm, ROI-*.nii, the three CSVs and truth.json
/// below `root`. The same bytes for the same options, for any number of threads. Throws Error.
void write_phantoms(const std::filesystem::path& root, const PhantomOptions& options,
                    const std::function<void(size_t, size_t, const std::string&)>& progress);

}  // namespace trivox
