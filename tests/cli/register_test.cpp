#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "loader/itk_transform.h"
#include "loader/nifti.h"
#include "tests/loader/files.h"
#include "tests/loader/phantom_patients.h"
#include "tests/quoted.h"
#include "tests/test.h"
#include "tests/transforms/volumes.h"

using namespace trivox;
using namespace trivox::test;
using Json = nlohmann::json;

namespace {

Eigen::Matrix4d matrix_of(const Json& rows) {
  Eigen::Matrix4d out;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) out(i, j) = rows[static_cast<size_t>(i)][static_cast<size_t>(j)];
  return out;
}

/// T1WI of a small phantom, which moved by 2.0 mm, and the CE-T1WI that it is laid onto.
struct Pair {
  PhantomPatients phantom{"tiny", 1, 5, true};
  TemporaryFolder folder;
  Volume<float> fixed, moving;

  Pair() {
    Patient patient = phantom.read("001");
    moving = std::move(patient.sequences[0].image);
    fixed = std::move(patient.sequences[2].image);
    write_nifti(path("fixed.nii.gz"), fixed);
    write_nifti(path("moving.nii.gz"), moving);
  }
  [[nodiscard]] fs::path path(const std::string& name) const { return folder / name; }
  [[nodiscard]] fs::path series(const std::string& name) const { return phantom.folder_of("001") / name; }
  [[nodiscard]] Eigen::Matrix4d truth() const { return phantom.reference_to_native("001", "T1WI"); }
  [[nodiscard]] double off_mm(const Eigen::Matrix4d& found) const {
    return distance_over(body_points(fixed), found, truth()).mean_mm;
  }
  /// Of the two NIfTI files.
  [[nodiscard]] Outcome run(const std::string& options = "") const {
    return of(path("fixed.nii.gz"), path("moving.nii.gz"), options);
  }
  [[nodiscard]] static Outcome of(const fs::path& fixed, const fs::path& moving,
                                  const std::string& options = "") {
    return trivox::test::trivox("register " + quoted(fixed) + " " + quoted(moving) + " " + options);
  }
  [[nodiscard]] std::string to(const std::string& option, const std::string& name) const {
    return "--" + option + " " + quoted(path(name)) + " ";
  }
};

/// What SimpleITK reads in a transform's file, RAS+ mm.
Eigen::Matrix4d by_simpleitk(const fs::path& file) {
  const Outcome oracle = python("loader/itk_transforms.py read " + quoted(file));
  INFO(oracle.output);
  REQUIRE(oracle.exit_code == 0);
  std::istringstream numbers(oracle.output);
  Eigen::Matrix4d out;
  for (int i = 0; i < 16; ++i) REQUIRE(numbers >> out(i / 4, i % 4));
  return out;
}

}  // namespace

TEST_CASE("register takes a transform that is given", "[registration][register][cli]") {
  const Pair pair;
  REQUIRE(pair.run(pair.to("out", "t.tfm") + pair.to("apply", "found.nii.gz")).exit_code == 0);
  const Outcome outcome =
      pair.run(pair.to("transform", "t.tfm") + pair.to("apply", "given.nii.gz") + "--json");
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  const Json said = Json::parse(outcome.output);
  CHECK(said["outcome"] == "given");
  CHECK(pair.off_mm(matrix_of(said["transform"])) < 0.4);
  CHECK(said["shift_mm"].get<double>() == Approx(2.0).margin(0.3));
  CHECK(said["found_nats"] > said["header_nats"]);
  CHECK(said["inconsistency_mm"].is_null());  // nothing was found forward and backward
  const Outcome text = pair.run(pair.to("transform", "t.tfm") + pair.to("html", "t.html"));
  CHECK_THAT(text.output, CONTAINS_TEXT("  given: the body moves by "));
  CHECK(text.output.find("forward and backward") == std::string::npos);
  CHECK(slurp(pair.path("t.html")).find("forward and backward") == std::string::npos);
  const auto found = read_nifti(pair.path("found.nii.gz")).volume.data,
             given = read_nifti(pair.path("given.nii.gz")).volume.data;
  REQUIRE(found.size() == given.size());
  for (size_t i = 0; i < found.size(); ++i) REQUIRE(given[i] == Approx(found[i]).margin(0.01));
}

TEST_CASE("transform_that_is_given_as_the_output", "[registration][register][cli][bad]") {
  const Pair pair;
  REQUIRE(pair.run(pair.to("out", "t.tfm")).exit_code == 0);
  std::ofstream(pair.path("t.tfm"), std::ios::app) << "# mended by hand\n";
  const std::string before = slurp(pair.path("t.tfm"));
  const Outcome outcome = pair.run(pair.to("transform", "t.tfm") + pair.to("out", "t.tfm"));
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output,
             CONTAINS_TEXT("--out is the file that is read as --transform, expected another"));
  CHECK(slurp(pair.path("t.tfm")) == before);
}

TEST_CASE("output_in_a_folder_that_is_absent", "[registration][register][cli][bad]") {
  const Pair pair;
  const Outcome outcome = pair.run(pair.to("out", "t.tfm") + pair.to("apply", "absent/a.nii.gz"));
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.output, CONTAINS_TEXT(pair.path("absent/a.nii.gz").string() +
                                           ": folder of --apply is absent, expected one that is there"));
  CHECK_FALSE(fs::exists(pair.path("t.tfm")));
}

TEST_CASE("given_transform_that_is_not_rigid", "[registration][register][cli][bad]") {
  const Pair pair;
  std::ofstream(pair.path("a.tfm")) << "#Insight Transform File V1.0\nTransform: AffineTransform_double_3_3\n"
                                       "Parameters: 1.1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n";
  const Outcome outcome = pair.run(pair.to("transform", "a.tfm"));
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT("a.tfm: transform is off a rotation by 0.21, determinant 1.1, "
                                           "expected a rotation and a shift"));
}

TEST_CASE("register lays one DICOM folder onto another and SimpleITK reads the transform",
          "[registration][register][cli]") {
  NEEDS_PYTHON();
  const Pair pair;
  const Outcome outcome =
      Pair::of(pair.series("CE-T1WI"), pair.series("T1WI"), pair.to("out", "t.tfm") + "--json");
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  const Json said = Json::parse(outcome.output);
  CHECK(said["outcome"] == "refined");
  CHECK(said["other_frame"] == false);
  CHECK(said["starts"] == 1);
  CHECK(said["reasons"].empty());
  CHECK(said["fixed"] == pair.series("CE-T1WI").string());
  CHECK(said["found"] == said["transform"]);
  CHECK(said["found_nats"].get<double>() > said["header_nats"].get<double>() + 0.1);
  CHECK(said["shift_mm"].get<double>() == Approx(2).margin(0.3));
  const Eigen::Matrix4d found = matrix_of(said["transform"]);
  CHECK(pair.off_mm(found) < 0.3);
  CHECK((by_simpleitk(pair.path("t.tfm")) - found).cwiseAbs().maxCoeff() < 1e-9);
  CHECK((read_itk_transform(pair.path("t.tfm")) - found).cwiseAbs().maxCoeff() < 1e-9);
  const Outcome text = Pair::of(pair.series("CE-T1WI"), pair.series("T1WI"));
  CHECK_THAT(text.output, CONTAINS_TEXT("refined: the transform found is better than the header's place\n") &&
                              CONTAINS_TEXT("mutual information 0."));
  const std::string moves = "found: the body moves by ";
  const size_t at = text.output.find(moves);
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(text.output.substr(at + moves.size())) == Approx(2).margin(0.3));
}

TEST_CASE("register gives NIfTI files and single files of a series the answer of their folders",
          "[registration][register][cli]") {
  const Pair pair;
  const auto found = [&](const Outcome& outcome) {
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == 0);
    return matrix_of(Json::parse(outcome.output)["transform"]);
  };
  const Eigen::Matrix4d folders = found(Pair::of(pair.series("CE-T1WI"), pair.series("T1WI"), "--json"));
  // Their positions are rounded to float32.
  CHECK(distance_over(body_points(pair.fixed), found(pair.run("--json")), folders).mean_mm < 0.05);
  const Outcome mixed = Pair::of(pair.series("CE-T1WI"), pair.path("moving.nii.gz"), "--json");
  CHECK(distance_over(body_points(pair.fixed), found(mixed), folders).mean_mm < 0.05);
  const fs::path one = fs::directory_iterator(pair.series("T1WI"))->path();
  CHECK(found(Pair::of(pair.series("CE-T1WI"), one, "--json")) == folders);
}

TEST_CASE("what register applies is what SimpleITK makes of the transform", "[registration][register][cli]") {
  NEEDS_PYTHON();
  const Pair pair;
  for (const auto& [setting, outcome_name] :
       {std::pair{"", "refined"}, std::pair{"--set registration.least_gain_nats=10", "header"}}) {
    const Outcome outcome =
        pair.run(pair.to("out", "t.tfm") + pair.to("apply", "applied.nii.gz") + "--json " + setting);
    INFO(outcome.output);
    REQUIRE(outcome.exit_code == 0);
    CHECK(Json::parse(outcome.output)["outcome"] == outcome_name);
    const Outcome oracle = python("cli/register_oracle.py " + quoted(pair.path("fixed.nii.gz")) + " " +
                                  quoted(pair.path("moving.nii.gz")) + " " + quoted(pair.path("t.tfm")) +
                                  " " + quoted(pair.path("applied.nii.gz")));
    INFO(oracle.output);
    CHECK(oracle.exit_code == 0);
  }
}

TEST_CASE("register writes no motion where the header's place is kept", "[registration][register][cli]") {
  const Pair pair;
  const Outcome kept = pair.run(pair.to("out", "t.tfm") + "--set registration.least_gain_nats=10");
  CHECK(kept.exit_code == 0);
  CHECK_THAT(kept.output, CONTAINS_TEXT("header: the header's place is as good as the best that was found"));
  CHECK(read_itk_transform(pair.path("t.tfm")) == Eigen::Matrix4d::Identity());

  // An image and itself.
  const Outcome same = Pair::of(pair.path("fixed.nii.gz"), pair.path("fixed.nii.gz"), "--json");
  REQUIRE(same.exit_code == 0);
  const Json said = Json::parse(same.output);
  CHECK(said["outcome"] == "header");
  CHECK(matrix_of(said["transform"]) == Eigen::Matrix4d::Identity());
  CHECK(said["shift_mm"].get<double>() < 0.02);
}

TEST_CASE("registration_beyond_the_limits_of_the_command", "[registration][register][cli][bad]") {
  const Pair pair;
  const std::string limit = "--set registration.most_shift_mm=0.5 ";
  const Outcome outcome =
      pair.run(limit + pair.to("out", "t.txt") + pair.to("apply", "applied.nii") + "--json");
  CHECK(outcome.exit_code == 1);
  const Json said = Json::parse(outcome.output);
  CHECK(said["outcome"] == "rejected");
  CHECK(matrix_of(said["transform"]) == Eigen::Matrix4d::Identity());
  CHECK(pair.off_mm(matrix_of(said["found"])) < 0.3);
  CHECK(said["starts"].get<int>() > 1);
  REQUIRE(said["reasons"].size() == 1);
  CHECK(said["reasons"][0] == "the body would move by 2.0 mm, more than 0.5 mm");
  // What was asked for is written all the same.
  CHECK(read_itk_transform(pair.path("t.txt")) == Eigen::Matrix4d::Identity());
  CHECK(read_nifti(pair.path("applied.nii")).volume.grid.size == pair.fixed.grid.size);
  const Outcome text = pair.run(limit);
  CHECK(text.exit_code == 1);
  CHECK_THAT(text.output, CONTAINS_TEXT("rejected: no transform is credible; the header's place stays") &&
                              CONTAINS_TEXT("  because the body would move by 2.0 mm, more than 0.5 mm\n"));
  // A warning where it is believed.
  const Outcome warned = pair.run("--set registration.warning_shift_mm=1");
  CHECK(warned.exit_code == 0);
  CHECK_THAT(warned.output, CONTAINS_TEXT("  warning: the body moves by 2.0 mm, more than 1.0 mm\n"));
}

TEST_CASE("register takes its settings from a configuration", "[registration][register][cli]") {
  const Pair pair;
  std::ofstream(pair.path("a.yaml")) << "registration:\n  most_shift_mm: 0.5\n";
  std::ofstream(pair.path("b.yaml")) << "registration:\n  most_shift: 0.5\n";
  CHECK(pair.run("--config " + quoted(pair.path("a.yaml"))).exit_code == 1);
  CHECK(
      pair.run("--config " + quoted(pair.path("a.yaml")) + " --set registration.most_shift_mm=5").exit_code ==
      0);
  const Outcome unknown = pair.run("--config " + quoted(pair.path("b.yaml")));
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.output,
             CONTAINS_TEXT("b.yaml:2: key is 'registration.most_shift', expected a known key; the nearest is "
                           "'registration.most_shift_mm'"));
  CHECK(pair.run("--set registration.frames=maybe").exit_code == 2);
  const Outcome wide = pair.run("--set registration.frames=other --json");
  CHECK(wide.exit_code == 0);
  const Json said = Json::parse(wide.output);
  CHECK(said["other_frame"] == true);
  CHECK(said["starts"].get<int>() > 1);
  CHECK(pair.off_mm(matrix_of(said["transform"])) < 0.3);
}

TEST_CASE("register gives the same bytes for any number of threads", "[registration][register][cli]") {
  const Pair pair;
  const auto run = [&](const std::string& name, int threads) {
    const Outcome outcome = pair.run(pair.to("out", name + ".tfm") + pair.to("apply", name + ".nii.gz") +
                                     "--json --threads " + std::to_string(threads));
    REQUIRE(outcome.exit_code == 0);
    return outcome.output;
  };
  CHECK(run("one", 1) == run("two", 2));
  CHECK(slurp(pair.path("one.tfm")) == slurp(pair.path("two.tfm")));
  CHECK(slurp(pair.path("one.nii.gz")) == slurp(pair.path("two.nii.gz")));
}

TEST_CASE("file_in_the_place_of_what_register_writes is not overwritten",
          "[registration][register][cli][bad]") {
  const Pair pair;
  const std::string itk =
      "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n"
      "Parameters: 0 0 0 0 0 0\nFixedParameters: 0 0 0 0\n";
  std::ofstream(pair.path("other.tfm")) << itk;
  std::ofstream(pair.path("notes.html")) << "years of work";
  write_nifti(pair.path("mask.nii"), painted(pair.fixed.grid, [](const auto&) { return true; }));
  fs::create_directory(pair.path("folder.nii"));
  const auto refused = [&](const std::string& option, const std::string& name, const std::string& what) {
    const std::string before = fs::is_directory(pair.path(name)) ? "" : slurp(pair.path(name));
    const Outcome outcome = pair.run(pair.to(option, name));
    INFO(outcome.output);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.output, CONTAINS_TEXT(pair.path(name).string() + ": it is " + what +
                                             ", expected another name for --" + option));
    CHECK((before.empty() || slurp(pair.path(name)) == before));
  };
  const std::string ours = "a file that trivox register did not write as it is";
  refused("out", "other.tfm", ours);
  // That the command is spoken of makes no file its own, and nor does a mark over what was mended by hand.
  std::ofstream(pair.path("notes.txt")) << "My notes\n\n# trivox register commands that I ran\n";
  refused("out", "notes.txt", ours);
  REQUIRE(pair.run(pair.to("out", "mended.tfm")).exit_code == 0);
  REQUIRE(pair.run(pair.to("out", "mended.tfm")).exit_code == 0);  // as it was: written anew
  std::string mended = slurp(pair.path("mended.tfm"));
  mended.replace(mended.find("Parameters: ") + 12, 0, "0.1 ");
  std::ofstream(pair.path("mended.tfm")) << mended;
  refused("out", "mended.tfm", ours);
  refused("apply", "mask.nii", "a file that trivox register did not write");
  refused("apply", "folder.nii", "a folder");
  refused("html", "notes.html", "a file that is no HTML page");
  // A converted image is another command's.
  REQUIRE(trivox::test::trivox("convert " + quoted(pair.path("moving.nii.gz")) + " " +
                               quoted(pair.path("converted.nii")))
              .exit_code == 0);
  refused("apply", "converted.nii", "a file that trivox register did not write");
  // Its own are written anew; an empty file holds nothing that would be lost.
  std::ofstream(pair.path("t.tfm")).close();
  for (int i = 0; i < 2; ++i) {
    const Outcome own = pair.run(pair.to("out", "t.tfm") + pair.to("apply", "own.nii.gz"));
    INFO(own.output);
    CHECK(own.exit_code == 0);
  }
  // But not where somebody drew on it.
  NiftiNative drawn = read_nifti_native(pair.path("own.nii.gz"));
  CHECK(drawn.header.description.starts_with("trivox register "));
  std::get<Volume<float>>(drawn.volume.stored).data[0] += 1;
  write_nifti(pair.path("own.nii.gz"), drawn.volume, NiftiWriteForm::kBoth, drawn.header.description);
  refused("apply", "own.nii.gz", "a file that trivox register did not write");
}

TEST_CASE("input_as_the_output_of_register", "[registration][register][cli][bad]") {
  const Pair pair;
  for (const auto& [name, role] :
       {std::pair{"fixed.nii.gz", "FIXED"}, std::pair{"moving.nii.gz", "MOVING"}}) {
    const std::string before = slurp(pair.path(name));
    fs::create_symlink(pair.path(name), pair.path(std::string("link-") + name));
    for (const std::string& out : {std::string(name), "link-" + std::string(name)}) {
      const Outcome outcome = pair.run(pair.to("apply", out));
      CHECK(outcome.exit_code == 2);
      CHECK_THAT(outcome.output, CONTAINS_TEXT("--apply is the file that is read as " + std::string(role) +
                                               ", expected another"));
    }
    CHECK(slurp(pair.path(name)) == before);
  }
}

TEST_CASE("two_outputs_of_register_in_one_file", "[registration][register][cli][bad]") {
  const Pair pair;
  for (const auto& [option, name] : {std::pair{"out", "both.txt"}, std::pair{"apply", "both.nii"}}) {
    const Outcome outcome =
        pair.run(pair.to(option, name) + "--html " + quoted(pair.folder.path() / "." / name));
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.output,
               CONTAINS_TEXT("--html is the file of --" + std::string(option) + ", expected another"));
    CHECK_FALSE(fs::exists(pair.path(name)));
  }
}

TEST_CASE("output_of_register_of_another_kind", "[registration][register][cli][bad]") {
  const Pair pair;
  CHECK_THAT(pair.run(pair.to("out", "t.mat")).output, CONTAINS_TEXT("a name that ends in .tfm or .txt"));
  CHECK_THAT(pair.run(pair.to("apply", "t.mha")).output,
             CONTAINS_TEXT("a name that ends in .nii or .nii.gz"));
  CHECK(pair.run(pair.to("out", "t.mat")).exit_code == 2);
  const Outcome nowhere = pair.run(pair.to("out", "none/t.tfm"));
  CHECK(nowhere.exit_code == 2);
  CHECK_THAT(nowhere.output, CONTAINS_TEXT((pair.path("none/t.tfm")).string() + ": "));
}

TEST_CASE("images_that_register_cannot_lay_onto_each_other", "[registration][register][cli][bad]") {
  const Pair pair;
  const auto said = [&](const Volume<float>& image, int exit_code = 1) {
    write_nifti(pair.path("bad.nii"), image);
    const Outcome as_moving = Pair::of(pair.path("fixed.nii.gz"), pair.path("bad.nii")),
                  as_fixed = Pair::of(pair.path("bad.nii"), pair.path("moving.nii.gz"));
    CHECK(as_moving.exit_code == exit_code);
    CHECK(as_fixed.exit_code == exit_code);
    CHECK_THAT(as_fixed.output, CONTAINS_TEXT(as_moving.output.substr(0, 30)));
    return as_moving.output;
  };
  Volume<float> nan = pair.moving;
  nan.data[500] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(said(nan), CONTAINS_TEXT(pair.path("bad.nii").string() + ": ") && CONTAINS_TEXT("finite"));
  Volume<float> beyond = pair.moving;
  beyond.data[500] = 3e38F;
  CHECK_THAT(said(beyond), CONTAINS_TEXT(pair.path("bad.nii").string() +
                                         ": largest voxel value is 3e+38, expected at most 1e30"));
  Volume<float> two(pair.moving.grid, 2);
  for (size_t i = 0; i < two.data.size(); ++i) two.data[i] = static_cast<float>(i % 97);
  CHECK_THAT(said(two),
             CONTAINS_TEXT(pair.path("bad.nii").string() + ": ") && CONTAINS_TEXT("number of volumes is 2"));
}

TEST_CASE("constant_image_in_register", "[registration][register][cli][bad]") {
  const Pair pair;
  for (const bool is_fixed : {false, true}) {
    const float value = is_fixed ? 7 : 3e7F;  // which no float is 1 above
    write_nifti(pair.path("constant.nii"), Volume<float>(pair.moving.grid, 1, value));
    const Outcome outcome =
        is_fixed ? Pair::of(pair.path("constant.nii"), pair.path("moving.nii.gz"), pair.to("out", "t.tfm"))
                 : Pair::of(pair.path("fixed.nii.gz"), pair.path("constant.nii"), pair.to("out", "t.tfm"));
    INFO(outcome.output);
    CHECK(outcome.exit_code == 1);
    CHECK_THAT(outcome.output, CONTAINS_TEXT("rejected: ") && CONTAINS_TEXT("they hardly resemble"));
    CHECK(read_itk_transform(pair.path("t.tfm")) == Eigen::Matrix4d::Identity());
  }
}

TEST_CASE("nifti_without_geometry_in_register", "[registration][register][cli][bad]") {
  const Pair pair;
  write_nifti(pair.path("bad.nii"), pair.moving);
  std::fstream file(pair.path("bad.nii"), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(252);  // qform_code, sform_code
  file.write("\0\0\0\0", 4);
  file.close();
  const Outcome outcome = Pair::of(pair.path("fixed.nii.gz"), pair.path("bad.nii"));
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.output, CONTAINS_TEXT(pair.path("bad.nii").string() +
                                           ": geometry is absent (qform_code and sform_code"));
}

TEST_CASE("path_that_is_not_there_in_register", "[registration][register][cli][bad]") {
  const Pair pair;
  const fs::path none = pair.path("none.nii");
  for (const Outcome& outcome :
       {Pair::of(none, pair.path("moving.nii.gz")), Pair::of(pair.path("fixed.nii.gz"), none),
        Pair::of(pair.path("fixed.nii.gz"), none, "--moving-where part=x")}) {
    CHECK(outcome.exit_code == 1);
    CHECK_THAT(outcome.output,
               CONTAINS_TEXT(none.string() + ": path is not there, expected a folder of DICOM "
                                             "files, one of them, or a NIfTI file"));
  }
  const Outcome one = trivox::test::trivox("register " + quoted(pair.path("fixed.nii.gz")));
  CHECK(one.exit_code == 2);
  CHECK_THAT(one.output, CONTAINS_TEXT("MOVING"));
}

TEST_CASE("folder_of_two_series_in_register is parted by a rule", "[registration][register][cli]") {
  const Pair pair;
  const fs::path both = pair.path("both");
  fs::create_directory(both);
  for (const char* name : {"T1WI", "T2WI"}) fs::copy(pair.series(name), both / name);
  const Outcome tie = Pair::of(pair.series("CE-T1WI"), both);
  CHECK(tie.exit_code == 1);
  CHECK_THAT(tie.output, CONTAINS_TEXT(both.string() + ": number of series is 2 that differ in ") &&
                             CONTAINS_TEXT("--moving-where KEY=VALUE that picks one of them"));
  const Outcome picked = Pair::of(pair.series("CE-T1WI"), both, "--moving-where folder=T1WI --json");
  INFO(picked.output);
  REQUIRE(picked.exit_code == 0);
  CHECK(pair.off_mm(matrix_of(Json::parse(picked.output)["transform"])) < 0.3);
  const Outcome swapped = Pair::of(both, pair.series("CE-T1WI"), "--fixed-where folder=T1WI --json");
  INFO(swapped.output);
  REQUIRE(swapped.exit_code == 0);
  CHECK(pair.off_mm(matrix_of(Json::parse(swapped.output)["transform"]).inverse()) < 0.4);
  CHECK_THAT(Pair::of(pair.series("CE-T1WI"), both, "--moving-where folder=T3WI").output,
             CONTAINS_TEXT("expected one "));
  const Outcome nifti = pair.run("--moving-where folder=T1WI");
  CHECK(nifti.exit_code == 2);
  CHECK_THAT(nifti.output,
             CONTAINS_TEXT("--moving-where is given with a NIfTI file, expected a folder of DICOM files"));
}
