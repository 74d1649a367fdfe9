#include "loader/patient.h"

#include <fstream>
#include <numeric>

#include "loader/nifti.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

/// One patient of one small series, written by pydicom, with a mask as ITK-SNAP writes it.
struct SmallPatient {
  TemporaryFolder root;
  fs::path folder = root / "MRI-Segments/001";

  /// All sequences with the same fault, but CE-T1WI where it has another; their values are not the same.
  explicit SmallPatient(const std::string& defect = "plain", const std::string& defect_of_ce = "") {
    make("T1WI", defect + " 7");
    make("T2WI", defect + " 8");
    make("CE-T1WI", (defect_of_ce.empty() ? defect : defect_of_ce) + " 9");
  }
  void make(const std::string& channel, const std::string& how) const {
    fs::create_directories(folder / channel);
    const Outcome made = python("golden/dicom_case.py " + (folder / channel).string() + " " + how);
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
  }
  void add_masks(const Grid& grid) const {
    Volume<uint8_t> mask(grid, 1);
    mask.at(0, 2, 1, 3) = 1;
    for (const char* name : {"ROI-T1.nii", "ROI-T2.nii", "ROI-CE-T1.nii"})
      write_nifti(folder / name, mask, NiftiWriteForm::kQformOnly);
  }
  [[nodiscard]] CaseFiles files(bool masks = true) const {
    DatasetOptions options;
    options.require_masks = masks;
    const Dataset dataset = find_dataset(root.path(), options);
    REQUIRE(dataset.cases.size() == 1);
    return dataset.cases[0];
  }
};

}  // namespace

TEST_CASE("a patient is read with masks on the series' own grids", "[patient]") {
  NEEDS_PYTHON();
  const SmallPatient one;
  const CaseFiles bare = one.files(false);
  one.add_masks(read_sequence(bare, bare.channels[0], {}).image.grid);
  const Patient patient = read_patient(one.files(), {});
  CHECK(patient.id == "001");
  REQUIRE(patient.sequences.size() == 3);
  for (const Sequence& sequence : patient.sequences) {
    CHECK(sequence.image.grid.size == std::array<int64_t, 3>{9, 6, 5});
    REQUIRE(sequence.mask);
    CHECK(sequence.mask->grid.affine == sequence.image.grid.affine);
    CHECK(sequence.mask->at(0, 2, 1, 3) == 1);
    CHECK(std::accumulate(sequence.mask->data.begin(), sequence.mask->data.end(), 0) == 1);
    // Slice k was named (7 k + 3) mod 11: the order is geometric, not the names'.
    CHECK(sequence.files ==
          std::vector<std::string>{sequence.name + "/000003.dcm", sequence.name + "/000010.dcm",
                                   sequence.name + "/000006.dcm", sequence.name + "/000002.dcm",
                                   sequence.name + "/000009.dcm"});
    CHECK(sequence.series_uid_hash.size() == 16);
    CHECK(sequence.warnings.empty());
  }
}

TEST_CASE("what is wrong with a sequence names the file and the sequence and the case", "[patient]") {
  NEEDS_PYTHON();
  const SmallPatient one("slice_missing_in_the_middle");
  const std::string message = error_of([&] { (void)read_patient(one.files(false), {}); });
  CHECK_THAT(message,
             CONTAINS_TEXT("MRI-Segments/001/T1WI: gap between 000010.dcm and 000002.dcm is 11.000 mm"));
  CHECK_THAT(message, CONTAINS_TEXT("(sequence T1WI; case 001)"));
}

TEST_CASE("mask_on_other_grid names the mask and the case", "[patient]") {
  NEEDS_PYTHON();
  const SmallPatient one;
  const CaseFiles bare = one.files(false);
  Grid grid = read_sequence(bare, bare.channels[0], {}).image.grid;
  grid.affine(2, 3) += 5.5;  // a slice too far
  one.add_masks(grid);
  const std::string message = error_of([&] { (void)read_patient(one.files(), {}); });
  CHECK_THAT(message, CONTAINS_TEXT("001/ROI-T1.nii: mask's grid is 9 x 6 x 5 voxels"));
  CHECK_THAT(message, CONTAINS_TEXT("up to 5.5 mm from its series"));
  CHECK_THAT(message, CONTAINS_TEXT("(sequence T1WI; case 001)"));
}

TEST_CASE("sequences_of_two_patients are refused, or warned of where the configuration says so",
          "[patient]") {
  NEEDS_PYTHON();
  const SmallPatient one("plain", "of_somebody_else");
  const std::string said =
      "PatientName of CE-T1WI is another than that of T1WI, expected sequences of one patient";
  CHECK_THAT(error_of([&] { (void)read_patient(one.files(false), {}); }),
             CONTAINS_TEXT("MRI-Segments/001: " + said +
                           ", or dataset.patient_identity: warn, to read them as one's (case 001)"));
  DatasetOptions options;
  options.patient_identity = "warn";
  const Patient patient = read_patient(one.files(false), options);
  REQUIRE(patient.sequences.size() == 3);
  CHECK(patient.sequences[0].warnings.empty());
  CHECK(patient.sequences[1].warnings.empty());
  CHECK(patient.sequences[2].warnings == std::vector<std::string>{said});
}

TEST_CASE("a patient is read with Philips' own scaling where the configuration says so", "[patient]") {
  NEEDS_PYTHON();
  const SmallPatient one("philips");
  DatasetOptions options;
  options.philips_scaling = true;
  const Patient floating = read_patient(one.files(false), options);
  const Patient rescaled = read_patient(one.files(false), {});
  for (size_t i = 0; i < 3; ++i) {
    // Stored s, RescaleSlope 1.5, RescaleIntercept 4, ScaleSlope .25: (1.5 s + 4) / (1.5 * .25).
    const auto& a = floating.sequences[i].image.data;
    const auto& b = rescaled.sequences[i].image.data;
    REQUIRE(a.size() == b.size());
    for (size_t v = 0; v < a.size(); ++v) REQUIRE(a[v] == Approx(b[v] / (1.5 * 0.25)));
  }
  const SmallPatient other;
  CHECK_THAT(error_of([&] { (void)read_patient(other.files(false), options); }),
             CONTAINS_TEXT("Philips' ScaleSlope (2005,xx0e) is absent, expected one in each slice, as "
                           "dataset.philips_scaling asks (sequence T1WI; case 001)"));
}

TEST_CASE("empty_folder of a sequence is named", "[patient]") {
  NEEDS_PYTHON();
  const SmallPatient one;
  fs::remove_all(one.folder / "T2WI");
  fs::create_directory(one.folder / "T2WI");
  CHECK_THAT(
      error_of([&] { (void)read_patient(one.files(false), {}); }),
      CONTAINS_TEXT("001/T2WI: number of DICOM images is 0, expected a series (sequence T2WI; case 001)"));
}

TEST_CASE("hippocampus cases are read with both labels", "[patient][data]") {
  NEEDS_DATA();
  const Dataset dataset = find_dataset(data_folder() / "hippocampus", {});
  DatasetOptions options;
  options.labels = dataset.labels;
  const Patient patient = read_patient(dataset.cases.at(0), options);
  REQUIRE(patient.sequences.size() == 1);
  const Sequence& sequence = patient.sequences[0];
  REQUIRE(sequence.mask);
  CHECK(sequence.files == std::vector<std::string>{"imagesTr/hippocampus_001_0000.nii.gz"});
  CHECK(sequence.series_uid_hash.empty());
  std::array<int, 256> counts{};
  for (const uint8_t value : sequence.mask->data) ++counts[value];
  CHECK(counts[1] > 0);
  CHECK(counts[2] > 0);
  CHECK(counts[0] + counts[1] + counts[2] == static_cast<int>(sequence.mask->data.size()));
}

TEST_CASE("nifti channels without geometry cannot be aligned", "[patient]") {
  const TemporaryFolder folder;
  Grid grid;
  grid.size = {2, 2, 2};
  Volume<float> image(grid, 1);
  std::iota(image.data.begin(), image.data.end(), 0.0F);
  write_nifti(folder / "a.nii", image);
  std::fstream file(folder / "a.nii", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(252);
  file.write("\0\0\0\0", 4);  // qform_code and sform_code
  file.close();
  const ChannelFiles channel{"T1", folder / "a.nii", {}};
  const CaseFiles one{"x", folder.path(), {channel}};
  const CaseFiles two{"x", folder.path(), {channel, channel}};
  const Sequence alone = read_sequence(one, channel, {});
  CHECK_THAT(alone.warnings.at(0), CONTAINS_TEXT("holds no geometry"));
  CHECK_THAT(error_of([&] { (void)read_sequence(two, channel, {}); }),
             CONTAINS_TEXT("a.nii: geometry is absent (qform_code and sform_code are 0), expected "
                           "one, to align the channels by"));
}
