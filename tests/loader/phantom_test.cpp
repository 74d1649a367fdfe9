#include "loader/phantom/phantom.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "loader/phantom/dicom_writer.h"
#include "loader/phantom/protocol.h"
#include "tests/quoted.h"
#include "tests/test.h"

using namespace trivox;
using trivox::test::quoted;
using trivox::test::fs::path;

namespace {

std::string bytes_of(const path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::map<std::string, std::string> tree(const path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : test::fs::recursive_directory_iterator(root))
    if (entry.is_regular_file())
      files[test::fs::relative(entry.path(), root).string()] = bytes_of(entry.path());
  return files;
}

}  // namespace

TEST_CASE("phantom files agree with their truth by pydicom nibabel and SimpleITK") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto written = test::trivox("phantom " + quoted(folder / "p") + " --patients 2 --seed 7");
  INFO(written.output);
  REQUIRE(written.exit_code == 0);
  const auto checked = test::python("loader/check_phantom.py " + quoted(folder / "p"));
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
}

TEST_CASE("phantom without motion has identity transforms") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto written =
      test::trivox("phantom " + quoted(folder / "p") + " --patients 1 --first-id 41 --seed 2 --no-motion");
  REQUIRE(written.exit_code == 0);
  CHECK(test::fs::is_directory(folder / "p/data/MRI-Segments/041/CE-T1WI"));
  const auto checked = test::python("loader/check_phantom.py " + quoted(folder / "p"));
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
}

TEST_CASE("each phantom defect is what its name says") {
  NEEDS_PYTHON();
  const test::TemporaryFolder folder;
  const auto written =
      test::trivox("phantom " + quoted(folder / "p") + " --size tiny --patients 0 --defect all");
  INFO(written.output);
  REQUIRE(written.exit_code == 0);
  const auto checked = test::python("loader/check_defects.py " + quoted(folder / "p"));
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
  for (const PhantomAlteration& defect : phantom_defects())
    CHECK_THAT(checked.output, CONTAINS_TEXT(std::string(defect.name)));
}

TEST_CASE("phantom is the same to the byte for one and three threads") {
  const test::TemporaryFolder folder;
  PhantomOptions options;
  options.size = "tiny";
  options.patients = 2;
  options.defect = "truncated_nii_gz";
  options.threads = 1;
  write_phantoms(folder / "one", options, {});
  options.threads = 3;
  write_phantoms(folder / "three", options, {});
  const auto one = tree(folder / "one"), three = tree(folder / "three");
  CHECK(one.size() == 3 * (60 + 3) + 4);
  CHECK(one == three);
}

TEST_CASE("a phantom patient depends on seed and number alone and an earlier phantom is replaced") {
  const test::TemporaryFolder folder;
  PhantomOptions options;
  options.size = "tiny";
  options.patients = 2;
  options.first_id = 4;
  std::vector<size_t> done;
  write_phantoms(folder / "p", options, [&](size_t n, size_t total, const std::string&) {
    CHECK(total == 2);
    done.push_back(n);
  });
  CHECK(done == std::vector<size_t>{1, 2});
  const auto before = tree(folder / "p/data/MRI-Segments/005");
  options.patients = 1;
  options.first_id = 5;
  write_phantoms(folder / "p", options, {});
  CHECK_FALSE(test::fs::exists(folder / "p/data/MRI-Segments/004"));
  CHECK(tree(folder / "p/data/MRI-Segments/005") == before);
  options.seed = 2;
  write_phantoms(folder / "p", options, {});
  CHECK(tree(folder / "p/data/MRI-Segments/005") != before);
}

TEST_CASE("phantom refuses a folder that holds something else") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "thesis.txt") << "years of work";
  const auto outcome = test::trivox("phantom " + quoted(folder.path()));
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("not empty and not a phantom"));
  CHECK(bytes_of(folder / "thesis.txt") == "years of work");
}

TEST_CASE("phantom refuses a folder whose truth is another program's") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "truth.json") << "{\"generator\": \"something else\"}";
  const std::string message = test::error_of([&] { write_phantoms(folder.path(), {}, {}); });
  CHECK_THAT(message, CONTAINS_TEXT("not empty and not a phantom"));
}

TEST_CASE("phantom names a wrong option") {
  const test::TemporaryFolder folder;
  const auto run = [&](const std::string& options) {
    return test::trivox("phantom " + quoted(folder / "p") + " " + options);
  };
  auto outcome = run("--defect upside_down");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("defect is upside_down, expected one of those in trivox phantom --help"));
  outcome = run("--size huge");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("size is huge, expected tiny, demo or full"));
  outcome = run("--patients -1");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("patients is -1, expected >= 0"));
  outcome = run("--first-id 0");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("first-id is 0, expected >= 1"));
  CHECK_FALSE(test::fs::exists(folder / "p"));
}

TEST_CASE("phantom help lists every defect and oddity and an example") {
  const auto outcome = test::trivox("phantom --help");
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("\n  trivox phantom "));
  for (const PhantomAlteration& defect : phantom_defects())
    CHECK_THAT(outcome.output, CONTAINS_TEXT(std::string(defect.what)));
  for (const PhantomAlteration& oddity : phantom_oddities())
    CHECK_THAT(outcome.output, CONTAINS_TEXT(std::string(oddity.what)));
}

TEST_CASE("docs/phantom.md lists every defect and oddity") {
  std::ostringstream text;
  text << std::ifstream(test::fs::path(test::kSourceDir) / "docs/phantom.md").rdbuf();
  for (const auto& [title, all] :
       {std::pair{"| defect | |", &phantom_defects()}, std::pair{"| oddity | |", &phantom_oddities()}}) {
    std::string table = std::string(title) + "\n|---|---|\n";
    for (const PhantomAlteration& one : *all)
      table.append("| `").append(one.name).append("` | ").append(one.what).append(" |\n");
    CHECK_THAT(text.str(), CONTAINS_TEXT("\n" + table + "\n"));  // in this order, and nothing else
  }
}

TEST_CASE("phantom tumour volumes follow the table of the paper") {
  std::vector<double> cm3;
  for (uint32_t patient = 1; patient <= 120; ++patient) {
    Rng rng({9, 0, patient, 1});
    const phantom::Lesions lesions = phantom::draw_lesions(rng);
    std::set<phantom::Tissue> kinds;
    for (const phantom::Lesion& lesion : lesions.all) {
      kinds.insert(lesion.tissue);
      CHECK(lesion.bounds.high.z() - lesion.bounds.low.z() < 150);
      if (lesion.tissue == phantom::Tissue::kTumour) cm3.push_back(lesion.volume_mm3 / 1000);
    }
    CHECK(kinds.size() == 4);
  }
  std::sort(cm3.begin(), cm3.end());
  // CE-T1WI of Table 2: median 9.42, range 0.61 to 84.24 cm^3. The median of 120 draws errs by
  // 1.2533 * 0.8 / sqrt(120) = 9 % of the logarithm: three such errors.
  CHECK(std::abs(std::log(cm3[60] / 9.4)) < 0.28);
  CHECK(cm3.front() >= 0.61);
  CHECK(cm3.back() <= 84);
  CHECK(cm3.front() < 3);
  CHECK(cm3.back() > 30);
}

TEST_CASE("phantom of full size has the matrices and slices of the dataset") {
  PhantomOptions options;
  options.size = "full";
  for (uint32_t patient = 1; patient <= 12; ++patient) {
    const phantom::PatientPlan plan = phantom::plan_patient(options, patient);
    for (size_t s = 0; s < phantom::kSequences; ++s) {
      const Grid& grid = plan.series[s].acquisition.grid;
      const Eigen::Vector3d spacing = grid.spacing_mm();
      CHECK(grid.size[0] >= 432);
      CHECK(grid.size[0] <= 640);
      CHECK(grid.size[2] >= 22);
      CHECK(grid.size[2] <= 30);
      // Table 1: pixel spacing 0.38 to 0.55 mm (T1WI, CE-T1WI), to 0.98 (T2WI).
      CHECK(spacing.x() >= 0.38);
      CHECK(spacing.x() <= (s == 1 ? 0.98 : 0.55));
      CHECK(spacing.z() == Approx(5.5));
      CHECK(grid.affine.topLeftCorner<3, 3>().determinant() > 0);
    }
  }
}

TEST_CASE("a phantom's slices are shifted for all sequences alike and keep the tumour") {
  const PhantomOptions options;
  double least = 0, most = 0;
  for (uint32_t patient = 1; patient <= 60; ++patient) {
    const phantom::PatientPlan plan = phantom::plan_patient(options, patient);
    CHECK(std::abs(plan.slab_shift_mm) <= 2.5 * 5.5);
    least = std::min(least, plan.slab_shift_mm);
    most = std::max(most, plan.slab_shift_mm);
    std::array<double, phantom::kSequences> middle{};
    for (size_t s = 0; s < middle.size(); ++s) {
      const Grid& grid = plan.series[s].acquisition.grid;
      middle[s] =
          grid.to_world({static_cast<double>(grid.size[0] - 1) / 2, static_cast<double>(grid.size[1] - 1) / 2,
                         static_cast<double>(grid.size[2] - 1) / 2})
              .z();
      CHECK(std::abs(middle[s] - middle[0]) <= 4);  // the jitter: 2 mm in each
    }
    if (std::abs(plan.slab_shift_mm) < 11) continue;
    for (const phantom::SeriesPlan& series : plan.series)
      for (const int64_t k : {int64_t{0}, series.acquisition.grid.size[2] - 1}) {
        const auto mask = phantom::render_slice(plan.anatomy, series.acquisition, k).mask;
        CHECK(std::count(mask.begin(), mask.end(), 1) == 0);
      }
  }
  CHECK(least < -11);
  CHECK(most > 11);
}

TEST_CASE("a phantom slice of full size is rendered") {
  PhantomOptions options;
  options.size = "full";
  const phantom::PatientPlan plan = phantom::plan_patient(options, 1);
  const phantom::Acquisition& a = plan.series[0].acquisition;
  const phantom::Slice slice = phantom::render_slice(plan.anatomy, a, a.grid.size[2] / 2);
  const auto bright = std::count_if(slice.pixels.begin(), slice.pixels.end(),
                                    [&](uint16_t v) { return static_cast<float>(v) > 200 * a.gain; });
  // Most of a head of about 140 x 190 mm in a field of view of 220 to 245 mm.
  const double share = static_cast<double>(bright) / static_cast<double>(slice.pixels.size());
  CHECK(share > 0.25);
  CHECK(share < 0.6);
}

TEST_CASE("interpolated deformation leaves the rendered mask where the anatomy has the tumour") {
  PhantomOptions options;
  const phantom::PatientPlan plan = phantom::plan_patient(options, 3);
  const phantom::Acquisition& a = plan.series[1].acquisition;
  int64_t wrong = 0, tumour = 0;
  for (const int64_t k : {3, 6, 9, 12, 15}) {
    const phantom::Slice slice = phantom::render_slice(plan.anatomy, a, k);
    for (int64_t y = 0; y < a.grid.size[1]; ++y)
      for (int64_t x = 0; x < a.grid.size[0]; ++x) {
        const bool in_mask = slice.mask[static_cast<size_t>(y * a.grid.size[0] + x)] != 0;
        if (!in_mask && (x + y) % 7 != 0) continue;
        int depths = 0;  // of the slice's five
        for (int s = -2; s <= 2; ++s) {
          const Eigen::Vector4d voxel(static_cast<double>(x), static_cast<double>(y),
                                      static_cast<double>(k) + s * 1.0 / 5.5, 1);
          const Eigen::Vector4d p = a.world_to_head * (a.grid.affine * voxel);
          depths += plan.anatomy.at(p.head<3>().cast<float>()) == phantom::Tissue::kTumour ? 1 : 0;
        }
        tumour += in_mask ? 1 : 0;
        wrong += (depths >= 3) != in_mask ? 1 : 0;
      }
  }
  CHECK(tumour > 100);
  CHECK(wrong * 50 < tumour);
}

TEST_CASE("decimal strings hold sixteen characters at most and are exact to eleven digits") {
  for (const double value : {0.0, -0.0, 1.0, 5.5, -112.34567890123456, 1.0 / 3, -1.0 / 3, 1e-17,
                             -0.99862953475457383, -1.2345678901234e-5, 6543.21}) {
    const std::string text = phantom::decimal_string(value);
    CHECK(text.size() <= 16);
    CHECK(std::stod(text) == Approx(value).epsilon(1e-9).margin(1e-10));
  }
  CHECK(phantom::decimal_string(-0.0) == "0");
  CHECK(phantom::decimal_string(5.5) == "5.5");
}

TEST_CASE("phantom uids are valid and differ") {
  std::set<std::string> seen;
  for (uint32_t patient = 0; patient < 20; ++patient)
    for (uint32_t kind = 0; kind < 3; ++kind)
      for (uint32_t number = 0; number < 10; ++number) {
        const std::string uid = phantom::make_uid(5, patient, kind, number);
        CHECK(uid.size() <= 64);
        CHECK(uid.substr(0, 5) == "2.25.");
        CHECK(uid[5] != '0');
        CHECK(uid.find_first_not_of("0123456789.") == std::string::npos);
        seen.insert(uid);
      }
  CHECK(seen.size() == 600);
}
