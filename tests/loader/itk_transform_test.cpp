#include "loader/itk_transform.h"

#include <fstream>
#include <sstream>

#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

Eigen::Matrix4d matrix_from(std::istream& numbers) {
  Eigen::Matrix4d m;
  for (int i = 0; i < 16; ++i) REQUIRE(numbers >> m(i / 4, i % 4));
  return m;
}

const std::string kEuler =
    "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n"
    "Parameters: 0.1 -0.2 0.3 1.5 -2.5 3.25\nFixedParameters: 10 -20 30 0\n";

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = kEuler;
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string error(const std::string& text) {
  return error_of([&] { (void)parse_itk_transform(text); });
}

}  // namespace

TEST_CASE("transforms that SimpleITK wrote are read", "[registration]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const Outcome oracle = python("loader/itk_transforms.py write " + folder.path().string());
  INFO(oracle.output);
  REQUIRE(oracle.exit_code == 0);
  std::istringstream lines(oracle.output);
  size_t count = 0;
  for (std::string name; lines >> name; ++count) {
    INFO(name);
    const Eigen::Matrix4d expected = matrix_from(lines);
    CHECK((read_itk_transform(folder / (name + ".tfm")) - expected).cwiseAbs().maxCoeff() < 1e-9);
  }
  CHECK(count == 12);
}

TEST_CASE("a transform that is written is what SimpleITK and trivox read", "[registration]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  const RigidTransform transform{{0.11, -0.07, 0.3}, {1.0 / 3, -2, 1e-9}, {12.5, -80, 31.25}};
  const fs::path file = folder / "t.tfm";
  std::ofstream(file) << itk_transform_text(transform);
  const Outcome oracle = python("loader/itk_transforms.py read " + file.string());
  INFO(oracle.output);
  REQUIRE(oracle.exit_code == 0);
  std::istringstream numbers(oracle.output);
  CHECK((matrix_from(numbers) - transform.matrix()).cwiseAbs().maxCoeff() < 1e-9);
  CHECK((read_itk_transform(file) - transform.matrix()).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("the reference transforms of real patients are read", "[registration][data]") {
  NEEDS_DATA();
  NEEDS_PYTHON();
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(data_folder() / "ms-registration")) {
    if (entry.path().string().find("_to_FLAIR.txt") == std::string::npos) continue;
    INFO(entry.path());
    const Outcome oracle = python("loader/itk_transforms.py read " + entry.path().string());
    REQUIRE(oracle.exit_code == 0);
    std::istringstream numbers(oracle.output);
    CHECK((matrix_from(numbers) - read_itk_transform(entry.path())).cwiseAbs().maxCoeff() < 1e-6);
    ++count;
  }
  CHECK(count >= 6);
}

TEST_CASE("what is no transform file", "[registration]") {
  CHECK(error("") ==
        "content is no text file of ITK's transforms, expected '#Insight Transform File V1.0' as its first "
        "line");
  CHECK(error("#Insight Transform File V1.0\n") == "transform is absent, expected one");
  CHECK(error(replaced("Parameters: 0.1", "Parameters: x0.1")) == "Parameters is 'x0.1', expected numbers");
  CHECK(error(replaced("-0.2", "nan")) == "Parameters is 'nan', expected numbers");
  CHECK(error(replaced(" 3.25", "")) == "Parameters of Euler3DTransform_double_3_3 is 5 numbers, expected 6");
  CHECK(error(replaced("FixedParameters: 10 -20 30 0", "")) ==
        "FixedParameters of Euler3DTransform_double_3_3 is 0 numbers, expected 3 or 4");
  CHECK(error(replaced("Parameters: 0.1", "Numbers: 0.1")) ==
        "line is 'Numbers: 0.1 -0.2 0.3 1.5 -2.5 3.25', expected Transform, then its Parameters and "
        "FixedParameters");
  CHECK_THAT(error(replaced("Euler3DTransform_double_3_3", "Euler2DTransform_double_2_2")),
             CONTAINS_TEXT("transform is 'Euler2DTransform_double_2_2', expected one of three dimensions"));
  CHECK_THAT(error(replaced("Euler3D", "BSpline")),
             CONTAINS_TEXT("transform is 'BSplineTransform_double_3_3', expected an Euler3D, "));
  CHECK_THAT(
      error("#Insight Transform File V1.0\n#Transform 0\nTransform: VersorRigid3DTransform_double_3_3\n"
            "Parameters: 1.1 -0.2 0.3 1.5 -2.5 3.25\nFixedParameters: 10 -20 30\n"),
      CONTAINS_TEXT("a versor of length"));
  CHECK(error(kEuler + kEuler.substr(kEuler.find("Transform: "))) ==
        "number of transforms is 2, expected 1, or a CompositeTransform of several");
  CHECK(error(kEuler).empty());
}

TEST_CASE("composite_with_numbers_of_its_own and parameters_given_twice are refused", "[registration]") {
  const std::string head = "#Insight Transform File V1.0\n#Transform 0\nTransform: ";
  const std::string shift = "Parameters: 1 2 3\nFixedParameters: \n";
  const auto said = [&](const std::string& rest) {
    return error_of([&] { (void)parse_itk_transform(head + rest); });
  };
  CHECK(said("CompositeTransform_double_3_3\n" + shift) ==
        "CompositeTransform is empty, expected a list of transforms");
  CHECK(said("CompositeTransform_double_3_3\n" + shift + "Transform: TranslationTransform_double_3_3\n" +
             shift) == "CompositeTransform is with Parameters of its own, expected a list of transforms");
  CHECK(said("TranslationTransform_double_3_3\nParameters: 1 2 3\n" + shift) ==
        "Parameters is given twice, expected once a transform");
  CHECK_THAT(said("CompositeTransform_double_3\n" + shift), CONTAINS_TEXT("CompositeTransform_double_3"));
}

TEST_CASE("more_numbers_than_the_transform_has are refused", "[registration]") {
  const auto said = [&](const std::string& kind, const std::string& parameters, const std::string& fixed) {
    return error("#Insight Transform File V1.0\n#Transform 0\nTransform: " + kind +
                 "_double_3_3\nParameters: " + parameters + "\nFixedParameters: " + fixed + "\n");
  };
  CHECK(said("Euler3DTransform", "0 0 0 1 2 3 4", "0 0 0") ==
        "Parameters of Euler3DTransform_double_3_3 is 7 numbers, expected 6");
  CHECK(said("Euler3DTransform", "0 0 0 1 2 3", "0 0 0 0 0") ==
        "FixedParameters of Euler3DTransform_double_3_3 is 5 numbers, expected 3 or 4");
  CHECK(said("VersorTransform", "0 0 0 1 2 3", "0 0 0") ==
        "Parameters of VersorTransform_double_3_3 is 6 numbers, expected 3");
  CHECK(said("VersorRigid3DTransform", "0 0 0 1 2 3", "0 0 0 0") ==
        "FixedParameters of VersorRigid3DTransform_double_3_3 is 4 numbers, expected 3");
  CHECK(said("Similarity3DTransform", "0 0 0 1 2 3 1 1", "0 0 0") ==
        "Parameters of Similarity3DTransform_double_3_3 is 8 numbers, expected 7");
  CHECK(said("AffineTransform", "1 0 0 0 1 0 0 0 1 1 2 3 0 0 0 1", "0 0 0") ==
        "Parameters of AffineTransform_double_3_3 is 16 numbers, expected 12");
  CHECK(said("TranslationTransform", "1 2 3 4", "") ==
        "Parameters of TranslationTransform_double_3_3 is 4 numbers, expected 3");
  CHECK(said("TranslationTransform", "1 2 3", "0 0 0 0") ==
        "FixedParameters of TranslationTransform_double_3_3 is 4 numbers, expected 0 to 3");
  // As older ITK may write them.
  CHECK(said("TranslationTransform", "1 2 3", "0 0 0").empty());
  CHECK(said("IdentityTransform", "0", "0").empty());
  CHECK(said("Euler3DTransform", "0 0 0 1 2 3", "0 0 0").empty());
}

TEST_CASE("transform_file_that_is_too_long", "[registration]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "field.tfm") << kEuler << std::string(1 << 20, ' ');
  CHECK_THAT(error_of([&] { (void)read_itk_transform(folder / "field.tfm"); }),
             CONTAINS_TEXT("field.tfm: length is "));
}
