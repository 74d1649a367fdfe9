#include "evaluate/registration_quality.h"

#include <cmath>
#include <limits>

#include "tests/test.h"

using namespace trivox;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

CaseRegistration one(const std::string& id, const std::string& outcome, double shift_mm, double turn_deg,
                     double inconsistency_mm) {
  CaseRegistration out{id, "CE-T1WI", "T2WI", outcome, {}};
  out.record.shift_mm = shift_mm;
  out.record.turn_deg = turn_deg;
  out.record.inconsistency_mm = inconsistency_mm;
  out.record.overlap = 0.97;
  out.record.header_nats = 0.25;
  out.record.found_nats = 0.5;
  return out;
}

CaseRegistration with_masks(CaseRegistration out, double header, double registered, bool is_copy) {
  out.record.masks = MaskAgreement{header, registered, is_copy};
  return out;
}

std::vector<std::string> ids_of(const std::vector<CaseRegistration>& cases) {
  std::vector<std::string> out;
  for (const CaseRegistration& c : cases) out.push_back(c.id);
  return out;
}

RegistrationPictures pictures_of(const std::string& id) {
  Grid grid;
  grid.size = {30, 30, 4};
  Volume<float> image(grid, 1);
  for (int64_t z = 0; z < 4; ++z)
    for (int64_t y = 8; y < 22; ++y)
      for (int64_t x = 8; x < 22; ++x) image.at(0, x, y, z) = 90;
  return registration_pictures(id, "T2WI", image, image, image);
}

}  // namespace

TEST_CASE("worst registrations are the rejected, then those nearest to a limit", "[registration]") {
  // Limits 5 mm, 5 degrees, .5 mm; in brackets the largest share.
  const std::vector<CaseRegistration> all = {
      one("small", "refined", 1, 0.5, 0.1),          // .2
      one("shift", "refined", 4, 0.5, 0.1),          // .8
      one("rejected", "rejected", 20, 1, 0.2),       // 4
      one("turn", "refined", 1, 4.5, 0.1),           // .9
      one("apart", "refined", 0.1, 0.1, 0.6),        // 1.2
      one("header", "header", 0.2, 0.1, 0.05),       // .1
      one("rejected worse", "rejected", 30, 1, 0.2)  // 6
  };
  CHECK(ids_of(worst_registrations(all, 10)) ==
        std::vector<std::string>{"rejected worse", "rejected", "apart", "turn", "shift", "small", "header"});
  CHECK(ids_of(worst_registrations(all, 2)) == std::vector<std::string>{"rejected worse", "rejected"});
  CHECK(worst_registrations(all, 0).empty());
  RegistrationLimits wide;
  wide.warning_inconsistency_mm = 10;
  CHECK(ids_of(worst_registrations(all, 3, wide)).back() == "turn");
}

TEST_CASE("between frames of reference large movements are not worse", "[registration]") {
  std::vector<CaseRegistration> all = {one("other frame", "refined", 60, 40, 0.1),
                                       one("same frame", "refined", 2, 1, 0.1)};
  all[0].record.is_other_frame = true;
  CHECK(ids_of(worst_registrations(all, 2)) == std::vector<std::string>{"same frame", "other frame"});
}

TEST_CASE("a figure that is no number is worse than all, and equals stand by name", "[registration]") {
  const std::vector<CaseRegistration> all = {one("b", "refined", 1, 1, 0.1), one("a", "refined", 1, 1, 0.1),
                                             one("c", "refined", 1, kNan, 0.1),
                                             one("d", "refined", 100, 1, 0.1)};
  CHECK(ids_of(worst_registrations(all, 4)) == std::vector<std::string>{"c", "d", "a", "b"});
}

TEST_CASE("quality page counts outcomes and reports copied masks apart", "[registration]") {
  const std::vector<CaseRegistration> all = {with_masks(one("001", "refined", 1, 1, 0.1), 0.5, 0.75, false),
                                             with_masks(one("002", "refined", 2, 1, 0.1), 0.625, 0.5, false),
                                             with_masks(one("003", "header", 0.1, 0, 0.1), 0.75, 0.75, false),
                                             with_masks(one("004", "refined", 1, 1, 0.1), 1, 0.875, true),
                                             one("005", "rejected", 40, 1, 0.1)};
  const std::string page = registration_quality_html(all, {}, "1.2.3");
  // n, refined, header, rejected, then movement: 0.1 1 1 2 40, median 1, 95 % 32.4, largest 40.
  CHECK_THAT(page, CONTAINS_TEXT("<td class=\"n\">5</td><td class=\"n\">3</td><td class=\"n\">1</td>"
                                 "<td class=\"n\">1</td><td class=\"n\">1.00</td>"
                                 "<td class=\"n\">32.40</td><td class=\"n\">40.00</td>"));
  // Of three: .625 and .667, change .042; rose, same, fell 1 each. Copies: 1 and .875.
  CHECK_THAT(page, CONTAINS_TEXT("drawn on each</span></td><td class=\"n\">3</td><td class=\"n\">0.625</td>"
                                 "<td class=\"n\">0.667</td><td class=\"n\">0.042</td>"));
  CHECK_THAT(page, CONTAINS_TEXT("<td class=\"n\">1</td><td class=\"n\">1</td><td class=\"n\">1</td></tr>"));
  CHECK_THAT(page, CONTAINS_TEXT("copied</span></td><td class=\"n\">1</td><td class=\"n\">1.000</td>"
                                 "<td class=\"n\">0.875</td>"));
  CHECK_THAT(page, CONTAINS_TEXT("004, T2WI (copied): 1.000 to 0.875"));
  CHECK_THAT(page, CONTAINS_TEXT("≥ 10 mm: 1 rejected"));
  CHECK_THAT(page, CONTAINS_TEXT("trivox 1.2.3"));
}

TEST_CASE("quality page shows the worst and says why a picture is missing", "[registration]") {
  const std::vector<CaseRegistration> all = {one("001", "refined", 1, 1, 0.1),
                                             one("<002>", "rejected", 40, 1, 0.1)};
  std::vector<RegistrationPictures> worst = {pictures_of("001"), {"<002>", "T2WI", {}, {}, "gone & lost"}};
  const std::string page = registration_quality_html(all, worst, "1");
  CHECK_THAT(page, CONTAINS_TEXT("The worst 2"));
  CHECK_THAT(page, CONTAINS_TEXT("0.5 mm between forward and backward, 5 mm of movement, 5° of turn"));
  CHECK_THAT(page, CONTAINS_TEXT("gone &amp; lost"));
  CHECK_THAT(page, CONTAINS_TEXT("&lt;002&gt;, T2WI: rejected"));
  size_t pictures = 0;
  for (size_t at = page.find("data:image/png"); at != std::string::npos; at = page.find("data:", at + 1))
    ++pictures;
  CHECK(pictures == 6);
  for (const char* outside : {"http", "src=", "<link", "<script", "@import", "url(", "<iframe", "<002>"}) {
    INFO(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
  CHECK(page.find("\"nan") == std::string::npos);
}

TEST_CASE("quality page counts and marks the registrations of quarantined cases", "[registration]") {
  std::vector<CaseRegistration> all = {one("001", "refined", 1, 1, 0.1), one("002", "rejected", 40, 1, 0.1)};
  CHECK(registration_quality_html(all, {}, "1").find("quarantined") == std::string::npos);
  all[1].is_quarantined = true;
  all[1].record.reasons = {"by 40 mm, more than 15 mm", "it turns far"};
  const std::string page = registration_quality_html(all, {}, "1");
  CHECK_THAT(page, CONTAINS_TEXT("of these in quarantined cases, which are in no shard") &&
                       CONTAINS_TEXT("case quarantined; by 40 mm, more than 15 mm; it turns far"));
}

TEST_CASE("quality page of a dataset without registrations or masks says so", "[registration]") {
  CHECK_THAT(registration_quality_html({}, {}, "1"), CONTAINS_TEXT("<b>0</b>"));
  const std::vector<CaseRegistration> all = {one("001", "refined", kNan, 1, 0.1)};
  const std::string page = registration_quality_html(all, {}, "1");
  CHECK_THAT(page, CONTAINS_TEXT("No case has a mask"));
  CHECK_THAT(page, CONTAINS_TEXT("Without a figure: 1"));
}
