#include "loader/case_registration.h"

#include <limits>

#include "loader/csv.h"
#include "tests/test.h"

using namespace trivox;

namespace {

const std::string& cell(const CsvTable& table, size_t row, const char* column) {
  return table.rows.at(row).cells.at(*find_column(table, column));
}

}  // namespace

TEST_CASE("registration table has every figure", "[registration]") {
  std::vector<CaseRegistration> all = {{"0,0\"1", "CE-T1WI", "T2WI", "refined", {}},
                                       {"002", "CE-T1WI", "T2WI", "header", {}}};
  all[0].is_quarantined = true;
  all[0].record.shift_mm = 1.0 / 3;
  all[0].record.turn_deg = 2;
  all[0].record.inconsistency_mm = std::numeric_limits<double>::quiet_NaN();
  all[0].record.overlap = 0.97;
  all[0].record.header_nats = 0.25;
  all[0].record.found_nats = 0.5;
  all[0].record.masks = MaskAgreement{0.75, 0.875, true};
  all[0].record.is_other_frame = true;
  all[0].record.reasons = {"by 20 mm, more than 15 mm", "it turns far"};
  all[0].record.found << 0.5, 0.25, -1, 7, 11, 12, 13, 14, 21, 22, 23, 24, 0, 0, 0, 1;
  const test::TemporaryFolder folder;
  write_registrations(folder.path(), all);
  const CsvTable table = read_csv(folder / "registration.csv");
  REQUIRE(table.rows.size() == 2);
  CHECK(table.header.cells.size() == 28);
  CHECK(cell(table, 0, "id") == "0,0\"1");
  CHECK(cell(table, 0, "reference") == "CE-T1WI");
  CHECK(cell(table, 0, "sequence") == "T2WI");
  CHECK(cell(table, 0, "outcome") == "refined");
  CHECK(cell(table, 0, "quarantined") == "1");
  CHECK(cell(table, 1, "quarantined") == "0");
  CHECK(std::stod(cell(table, 0, "shift_mm")) == 1.0 / 3);  // reads back the same
  CHECK(std::stod(cell(table, 0, "turn_deg")) == 2);
  CHECK(cell(table, 0, "inconsistency_mm").empty());
  CHECK(std::stod(cell(table, 0, "overlap")) == 0.97);
  CHECK(std::stod(cell(table, 0, "header_nats")) == 0.25);
  CHECK(std::stod(cell(table, 0, "found_nats")) == 0.5);
  CHECK(cell(table, 0, "other_frame") == "1");
  CHECK(std::stod(cell(table, 0, "dice_header")) == 0.75);
  CHECK(std::stod(cell(table, 0, "dice_registered")) == 0.875);
  CHECK(cell(table, 0, "masks_copied") == "1");
  CHECK(std::stod(cell(table, 0, "found_xx")) == 0.5);
  CHECK(std::stod(cell(table, 0, "found_x_mm")) == 7);
  CHECK(std::stod(cell(table, 0, "found_yz")) == 13);
  CHECK(std::stod(cell(table, 0, "found_zx")) == 21);
  CHECK(std::stod(cell(table, 0, "found_z_mm")) == 24);
  CHECK(cell(table, 0, "reasons") == "by 20 mm, more than 15 mm; it turns far");
  CHECK(cell(table, 1, "other_frame") == "0");
  for (const char* column : {"dice_header", "dice_registered", "masks_copied"})
    CHECK(cell(table, 1, column).empty());
}

TEST_CASE("registrations of a sample are counted by sequence and outcome", "[registration]") {
  std::vector<ChannelProvenance> channels(3);
  channels[0].name = "T1WI";
  channels[0].alignment = "refined";
  channels[0].registration = RegistrationRecord{};
  channels[1].name = "T2WI";
  channels[1].alignment = "header";  // not asked for
  channels[2].name = "CE-T1WI";
  channels[2].alignment = "reference";
  std::vector<CaseRegistration> all = registrations_of("007", channels);
  REQUIRE(all.size() == 1);
  CHECK(all[0].id == "007");
  CHECK(all[0].sequence == "T1WI");
  CHECK(all[0].reference == "CE-T1WI");
  channels[1].registration = RegistrationRecord{};
  for (CaseRegistration& one : registrations_of("008", channels)) all.push_back(one);
  CHECK(count_registrations(all) ==
        RegistrationCounts{{"T1WI", {{"refined", 2}}}, {"T2WI", {{"header", 1}}}});
}
