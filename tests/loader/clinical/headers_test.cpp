#include "loader/clinical/headers.h"

#include "tests/test.h"

namespace trivox {
namespace {

// "age" / "volume on T1WI" / "" and the unit, as read_header has them.
std::string meaning_of(std::string_view header) {
  const HeaderReading reading = read_header(header);
  if (reading.info == nullptr) return "";
  std::string out = reading.info->key;
  if (!reading.sequence.empty()) out += " on " + reading.sequence;
  if (reading.unit)
    out += " in " + reading.unit->base + " x " + std::to_string(reading.unit->factor).substr(0, 6);
  for (const auto& [number, word] : reading.code) out += " " + number + "=" + word;
  return out;
}

TEST_CASE("header_in_two_languages", "[clinical]") {
  CHECK(meaning_of("编号 ID") == "patient");
  CHECK(meaning_of("性别 Gender") == "sex");
  CHECK(meaning_of("年龄 Age (years)") == "age in years x 1.0000");
  CHECK(meaning_of("临床分期/Clinical stage") == "clinical_stage");
  CHECK(meaning_of("T分期/T stage") == "t_stage");
  CHECK(meaning_of("T1体积 T1 Volume (mm3)") == "volume on T1WI in mm3 x 1.0000");
  CHECK(meaning_of("T1体积 T2 Volume").empty());
  CHECK(meaning_of("性别 Age").empty());
  CHECK(meaning_of("腫瘤體積(mm3)") == "volume in mm3 x 1.0000");
  CHECK(meaning_of("OS_mon") == "overall_survival in months x 1.0000");
  CHECK(meaning_of("Seq") == "sequence");
}

TEST_CASE("headers are read by their meaning", "[clinical]") {
  for (const char* header : {"Age", "AGE (years)", "age_years", "Age, years", "Age/yr", "Ａｇｅ（岁）",
                             "年龄", "年龄(岁)", "年龄/岁", "Patient's age", "Age at diagnosis", "  age  "}) {
    INFO(header);
    REQUIRE(read_header(header).info != nullptr);
    CHECK(read_header(header).info->key == std::string("age"));
  }
  CHECK(meaning_of("Volume (mm3)") == "volume in mm3 x 1.0000");
  CHECK(meaning_of("volume/cm^3") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("Tumour volume [ml]") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("体积（cm³）") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("体积㎣") == "volume in mm3 x 1.0000");
  CHECK(meaning_of("肿瘤体积（cm3）") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("原发肿瘤最大径(cm)") == "maximum_diameter in mm x 10.000");
  CHECK(meaning_of("淋巴结体积(cm3)").empty());
  CHECK(meaning_of("Volume") == "volume");
  CHECK(meaning_of("T1_Volume_mm3") == "volume on T1WI in mm3 x 1.0000");
  CHECK(meaning_of("Volume_T2WI (cc)") == "volume on T2WI in mm3 x 1000.0");
  CHECK(meaning_of("CE-T1WI Max diameter(mm)") == "maximum_diameter on CE-T1WI in mm x 1.0000");
  CHECK(meaning_of("Surface area (T1C)") == "surface_area on CE-T1WI");
  CHECK(meaning_of("增强T1表面积(cm2)") == "surface_area on CE-T1WI in mm2 x 100.00");
  CHECK(meaning_of("T1增强规则度") == "regularity on CE-T1WI");
  CHECK(meaning_of("non-contrast T1 volume") == "volume on T1WI");
  CHECK(meaning_of("MaximumDiameter") == "maximum_diameter");
  CHECK(meaning_of("T stage") == "t_stage");
  CHECK(meaning_of("Stage (T)") == "t_stage");
  CHECK(meaning_of("T_STAGE") == "t_stage");
  CHECK(meaning_of("N分期") == "n_stage");
  CHECK(meaning_of("T Stage (AJCC 8th edition)") == "t_stage");
  CHECK(meaning_of("Clinical_stage") == "clinical_stage");
  CHECK(meaning_of("TNM分期") == "tnm");
  CHECK(meaning_of("VCA (IgA)") == "vca");
  CHECK(meaning_of("EBV-DNA (copies/mL)") == "ebv_dna in copies/mL x 1.0000");
  CHECK(meaning_of("OS (overall survival)") == "overall_survival");
  CHECK(meaning_of("Overall survival time (days)") == "overall_survival in months x 0.0328");
  CHECK(meaning_of("性别（1男2女）") == "sex 1=男 2=女");
  CHECK(meaning_of("Gender (M=1, F=0)") == "sex 0=f 1=m");
  CHECK(meaning_of("sex(0:female;1:male)") == "sex 0=female 1=male");
  for (const char* header : {"Sex (F/M)", "Sex(M/F)", "Gender (male or female)", "性别（男/女）"})
    CHECK(meaning_of(header) == "sex");
  CHECK(meaning_of("Status (alive/dead)") == "status");
  CHECK(meaning_of("臨床分期") == "clinical_stage");  // traditional letters
  CHECK(meaning_of("診斷") == "diagnosis");
  CHECK(meaning_of("電話") == "personal");
  CHECK(meaning_of("PatientID") == "patient");
  CHECK(meaning_of("No.") == "row counter");
  CHECK(meaning_of("Manufacturer's Model Name") == "scanner");
  CHECK(meaning_of("MRI machine") == "scanner");
  CHECK(meaning_of("Magnetic field strength (T)") == "field_strength in T x 1.0000");
}

TEST_CASE("signs_that_are_part_of_a_sequence's_name", "[clinical]") {
  CHECK(meaning_of("T1C- volume (mm3)") == "volume on T1WI in mm3 x 1.0000");
  CHECK(meaning_of("T1C+ volume (mm3)") == "volume on CE-T1WI in mm3 x 1.0000");
  CHECK(meaning_of("volume T1 (Gd-)") == "volume on T1WI");
  CHECK(meaning_of("T2* volume").empty());
  for (const char* plain : {"T1C(-)", "T1 C (-)", "T1 Gd(-)", "CE(-) T1", "T1 CE -", "T1C_-"})
    CHECK(meaning_of(std::string("volume (mm3) ") + plain) == "volume on T1WI in mm3 x 1.0000");
  for (const char* enhanced : {"T1 CE - volume (mm3)", "T1C (mm3) - volume", "T1 CE: volume (mm3)"})
    CHECK(meaning_of(enhanced) == "volume on CE-T1WI in mm3 x 1.0000");
  for (const char* star : {"T2 * volume", "T2(*) volume"}) CHECK(meaning_of(star).empty());
  CHECK(meaning_of("T2-volume") == "volume on T2WI");
}

TEST_CASE("a header with a word that changes it is not understood", "[clinical]") {
  for (const char* header : {"", "Volume (lymph node)", "log volume", "Volume ratio", "Volume (mm2)",
                             "CE-T2 volume", "T1 T2 volume", "Minimum diameter", "Stage shift", "Age group",
                             "T1", "TE (ms)", "Surface to volume", "Age (months since MRI)", "x103 volume"}) {
    INFO(header);
    CHECK(meaning_of(header).empty());
  }
}

TEST_CASE("a bracket or letter that is no sequence and no unit", "[clinical]") {
  CHECK(meaning_of("T1 volume (c.c.)") == "volume on T1WI in mm3 x 1000.0");
  CHECK(meaning_of("Volume (c.c.)") == "volume in mm3 x 1000.0");
  CHECK(meaning_of("T1+C volume (cm3)") == "volume on CE-T1WI in mm3 x 1000.0");
  for (const char* header : {"Volume C", "Volume (%)", "Max diameter (%)", "Max diameter (in)"})
    CHECK(meaning_of(header).empty());
}

}  // namespace
}  // namespace trivox
