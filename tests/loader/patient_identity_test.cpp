#include "loader/patient_identity.h"

#include "loader/dicom/attributes.h"
#include "loader/dicom/select.h"
#include "tests/test.h"

using namespace trivox;
using namespace trivox::test;

namespace {

DicomIdentity named(const std::string& name, const std::string& id = "", const std::string& birth_date = "",
                    const std::string& sex = "") {
  const auto bytes = [](const std::string& text) { return std::as_bytes(std::span(text)); };
  DicomElements set;
  for (const auto& [attribute, text] : {std::pair{dicom::PatientName, &name},
                                        {dicom::PatientID, &id},
                                        {dicom::PatientBirthDate, &birth_date},
                                        {dicom::PatientSex, &sex}})
    set.elements.push_back({attribute.tag, attribute.vr, bytes(*text)});
  return dicom_identity(set);
}

/// A series that pydicom wrote.
DicomSeries series_of(const TemporaryFolder& folder, const std::string& name) {
  const Outcome made = python("golden/dicom_case.py " + folder.path().string() + " " + name);
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  return find_dicom_series(folder.path());
}

}  // namespace

TEST_CASE("a patient is compared by hashes of what both headers say", "[identity]") {
  const DicomIdentity one = named("Doe^John", "4711", "19600101", "M");
  CHECK(one.name.size() == 16);
  CHECK(one.name_number.empty());
  CHECK(differences(one, one).empty());
  CHECK(differences(one, named("DOE^JOHN^^ ", "4711 ")).empty());  // another archive's padding
  CHECK(differences(one, named("", "", "", "")).empty());
  CHECK(differences(one, named("Roe^Jane")) == std::vector<std::string>{"PatientName"});
  CHECK(differences(one, named("Doe^John", "4712", "19600102", "F")) ==
        std::vector<std::string>{"PatientID", "PatientBirthDate", "PatientSex"});
}

TEST_CASE("numbers for names are compared as numbers", "[identity]") {
  CHECK(named("007").name_number == number_hash("7"));
  CHECK(named("0").name_number == number_hash("000"));
  CHECK(named("7a").name_number.empty());
  CHECK(number_hash("").empty());
  CHECK(differences(named("7"), named("007")).empty());
  CHECK(differences(named("7"), named("8")) == std::vector<std::string>{"PatientName"});
}

TEST_CASE("one_patient_written_in_two_ways is one", "[identity]") {
  const auto one = [](const DicomIdentity& a, const DicomIdentity& b) { return differences(a, b).empty(); };
  // PS3.5, 6.2, DA: readers accept the form of ACR-NEMA; the others are anonymisers' and consoles'.
  for (const char* date : {"1950.01.01", "1950-01-01", "1950/01/01", " 19500101 "})
    CHECK(one(named("", "", "19500101"), named("", "", date)));
  CHECK_FALSE(one(named("", "", "19500101"), named("", "", "1950.01.02")));
  for (const char* id : {"123", "000123", "0-0123", " 123"}) CHECK(one(named("", "00123"), named("", id)));
  CHECK_FALSE(one(named("", "00123"), named("", "1230")));
  CHECK_FALSE(one(named("", "0"), named("", "1")));
  for (const char* id : {"NPC_001", "NPC 001", "NPC.001", "npc001", "NPC--001 "})
    CHECK(one(named("", "NPC-001"), named("", id)));
  CHECK_FALSE(one(named("", "NPC-001"), named("", "NPC-002")));
  CHECK(one(named("", "1-23"), named("", "1_23")));
  CHECK(one(named("", "1-23"), named("", "123")));  // one archive writes it without
  CHECK_FALSE(one(named("", "1-23"), named("", "12-3")));
  CHECK_FALSE(one(named("", "1.2.34"), named("", "1.23.4")));
  CHECK(one(named("", "", "1950.1.11"), named("", "", "19500111")));
  CHECK_FALSE(one(named("", "", "1950.1.11"), named("", "", "1950.11.1")));
  for (const char* name : {"ZHANG SAN", "ZHANG  SAN", "Zhang, San", "zhang^san^^", "ZHANG_SAN", "ZHANG-SAN"})
    CHECK(one(named("ZHANG^SAN"), named(name)));
  for (const char* name : {"ZHANG^SI", "ZHANGSAN", "SAN^ZHANG"})
    CHECK_FALSE(one(named("ZHANG^SAN"), named(name)));
  CHECK_FALSE(one(named("1.2.3"), named("1.2.4")));
  CHECK(one(named("", "---"), named("", "NPC-001")));  // says nothing
}

TEST_CASE("sequences of two patients", "[identity]") {
  std::vector<SequenceIdentity> all = {{"T1WI", named("Doe^John"), "1.2", "1.3"},
                                       {"T2WI", {}, "", ""},
                                       {"CE-T1WI", named("Doe^John"), "1.2", "1.3"}};
  const IdentityFindings one = compare_identities("017", all);
  CHECK_FALSE(one.fault);
  CHECK(one.warnings == std::vector<std::vector<std::string>>(3));
  all[2].patient = named("Roe^Jane", "12");
  all[0].patient.id = number_hash("13");
  const IdentityFindings two = compare_identities("017", all);
  REQUIRE(two.fault);
  CHECK(two.fault->message() ==
        "PatientName, PatientID of CE-T1WI is another than that of T1WI, expected sequences of one "
        "patient");
}

TEST_CASE("patient_name_is_another_number", "[identity]") {
  const std::vector<SequenceIdentity> all = {
      {"T1WI", {}, "", ""}, {"T2WI", named("18"), "", ""}, {"CE-T1WI", named("018"), "", ""}};
  const IdentityFindings other = compare_identities("017", all);
  CHECK_FALSE(other.fault);
  CHECK(other.warnings[0].empty());
  CHECK(other.warnings[1] ==
        std::vector<std::string>{"PatientName is a number other than 017, the case's: are these "
                                 "files another patient's?"});
  CHECK(other.warnings[2].empty());  // said once
  CHECK(compare_identities("0018", all).warnings[1].empty());
  CHECK(compare_identities("hippocampus_017", all).warnings[1].empty());
}

TEST_CASE("sequences of two studies", "[identity]") {
  const std::vector<SequenceIdentity> all = {
      {"T1WI", {}, "", "1.3"}, {"T2WI", {}, "1.2", "1.3"}, {"CE-T1WI", {}, "1.4", "1.5"}};
  const IdentityFindings found = compare_identities("017", all);
  CHECK_FALSE(found.fault);
  CHECK(found.warnings[0].empty());
  CHECK(found.warnings[1].empty());
  CHECK(
      found.warnings[2] ==
      std::vector<std::string>{"StudyInstanceUID differs from that of T2WI: acquired at another time",
                               "FrameOfReferenceUID differs from that of T1WI: their positions may not fit"});
}

TEST_CASE("two_patients_in_one_series", "[identity]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  CHECK(error_of([&] { (void)series_of(folder, "two_patients_in_one_series"); }) ==
        folder.path().string() +
            ": PatientName of 000006.dcm is another than in 000003.dcm, expected one patient in a "
            "series");
}

TEST_CASE("names written differently within a series are one patient's", "[identity]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  CHECK(series_of(folder, "names_written_differently").warnings.empty());
}

TEST_CASE("same_file_twice", "[identity]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  CHECK(error_of([&] { (void)series_of(folder, "same_file_twice"); }) ==
        folder.path().string() +
            ": SOPInstanceUID and position of 000002.dcm and 000006.dcm is the same, expected each "
            "image in one file");
}

TEST_CASE("one UID for all images of a series is told and read", "[identity]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  CHECK(series_of(folder, "one_uid_for_all_images").warnings ==
        std::vector<std::string>{"SOPInstanceUID is that of another slice in 4 of 5 files"});
}

TEST_CASE("two studies in one series are told", "[identity]") {
  NEEDS_PYTHON();
  const TemporaryFolder folder;
  CHECK(series_of(folder, "two_studies_in_one_series").warnings ==
        std::vector<std::string>{"StudyInstanceUID differs between slices: their positions may not fit"});
}
