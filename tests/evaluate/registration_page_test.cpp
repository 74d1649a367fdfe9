#include "evaluate/registration_page.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <set>

#include "tests/test.h"

using namespace trivox;

namespace {

// Two boxes, one within the other, on 40 x 40 x 8 voxels of 3 x 3 x 6 mm; slices 1 to 6 hold it.
Volume<float> boxes(int64_t shift) {
  Grid grid;
  grid.size = {40, 40, 8};
  grid.affine.diagonal() << -3, -3, 6, 1;
  Volume<float> out(grid, 1);
  for (int64_t z = 1; z < 7; ++z)
    for (int64_t y = 8; y < 32; ++y)
      for (int64_t x = 8; x < 32; ++x) out.at(0, x + shift, y, z) = y > 14 && y < 24 ? 200.0F : 90.0F;
  return out;
}

RegistrationView example(RegistrationOutcome outcome) {
  RegistrationView view;
  view.fixed_name = "a/<CE>";
  view.moving_name = "a/T2 & \"x\"";
  view.fixed = boxes(0);
  view.before = boxes(2);
  view.after = boxes(0);
  view.answer.outcome = outcome;
  view.answer.found.translation_mm = {-6, 0, 0};
  view.answer.header_nats = 0.125;
  view.answer.found_nats = 0.5;
  view.answer.shift_mm = 6.04;
  view.answer.turn_deg = 1.25;
  view.answer.inconsistency_mm = 0.37;
  view.answer.overlap = 0.96;
  return view;
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// What stands between every `before` and the next `end`.
std::vector<std::string> all_between(const std::string& text, const std::string& before, char end) {
  std::vector<std::string> out;
  for (size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
    const size_t start = at + before.size();
    out.push_back(text.substr(start, text.find(end, start) - start));
  }
  return out;
}

}  // namespace

TEST_CASE("registration page says the outcome and every figure", "[registration]") {
  const std::string page = registration_html(example(RegistrationOutcome::kRefined), 3, "1.2.3");
  for (const char* text : {"Refined", "6.04 mm", "1.25°", "0.37 mm", "96 %", "+0.375", "0.125", "0.500",
                           "6.0 mm to the right", "trivox 1.2.3", "registered"})
    CHECK_THAT(page, CONTAINS_TEXT(text));
  CHECK(page.find("not used") == std::string::npos);
}

TEST_CASE("registration page says why a pair was rejected", "[registration]") {
  RegistrationView view = example(RegistrationOutcome::kRejected);
  view.answer.warnings = {"the body would move by 40 mm, <more> than 15 mm"};
  view.warnings = {"MOVING: a gap"};
  const std::string page = registration_html(view, 3, "1");
  CHECK_THAT(page, CONTAINS_TEXT("Rejected"));
  CHECK_THAT(page, CONTAINS_TEXT("panel fault"));
  CHECK_THAT(page, CONTAINS_TEXT("&lt;more&gt; than 15 mm"));
  CHECK_THAT(page, CONTAINS_TEXT("MOVING: a gap"));
  CHECK_THAT(page, CONTAINS_TEXT("as found (not used)"));
}

TEST_CASE("registration page warns of a header that is kept in doubt", "[registration]") {
  RegistrationView view = example(RegistrationOutcome::kHeader);
  std::string page = registration_html(view, 3, "1");
  CHECK_THAT(page, CONTAINS_TEXT("The place that the headers give is kept"));
  CHECK(page.find("panel warning") == std::string::npos);
  view.answer.warnings = {"forward and backward differ by 0.70 mm"};
  page = registration_html(view, 3, "1");
  CHECK_THAT(page, CONTAINS_TEXT("panel warning") && CONTAINS_TEXT("forward and backward differ by 0.70 mm"));
}

TEST_CASE("registration page of a transform that was given says nothing of finding", "[registration]") {
  RegistrationView view = example(RegistrationOutcome::kGiven);
  view.answer.inconsistency_mm = std::numeric_limits<double>::quiet_NaN();
  const std::string page = registration_html(view, 3, "1");
  CHECK_THAT(page, CONTAINS_TEXT("shift given") && CONTAINS_TEXT("turn given") && CONTAINS_TEXT("as given"));
  CHECK(page.find("forward and backward") == std::string::npos);
  CHECK(page.find(" found") == std::string::npos);
}

TEST_CASE("registration page has the slices asked for and two planes across them", "[registration]") {
  const RegistrationView view = example(RegistrationOutcome::kRefined);
  const std::string page = registration_html(view, 3, "1");
  CHECK(count(page, "<h3>Axial slice ") == 3);
  // Slices 2 to 7, counted from 1, in three equal parts.
  for (const char* slice : {"Axial slice 3 of 8", "Axial slice 5 of 8", "Axial slice 7 of 8"})
    CHECK_THAT(page, CONTAINS_TEXT(slice));
  CHECK(count(page, "<h3>Coronal slice ") == 1);
  CHECK(count(page, "<h3>Sagittal slice ") == 1);
  CHECK(count(page, "type=\"range\"") == 5);
  CHECK(count(registration_html(view, 0, "1"), "<h3>Axial slice ") == 6);
}

TEST_CASE("registration page is one file that escapes what it was given", "[registration]") {
  const std::string page = registration_html(example(RegistrationOutcome::kRefined), 2, "1");
  for (const char* outside : {"http", "src=", "<link", "<script", "@import", "<iframe", "<CE>"}) {
    INFO(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
  CHECK_THAT(page, CONTAINS_TEXT("a/&lt;CE&gt;"));
  CHECK_THAT(page, CONTAINS_TEXT("a/T2 &amp; &quot;x&quot;"));
}

TEST_CASE("every picture shown again is in the registration page once", "[registration]") {
  const std::string page = registration_html(example(RegistrationOutcome::kRefined), 0, "1");
  const auto ids = all_between(page, " id=\"", '"');
  const std::set<std::string> known(ids.begin(), ids.end());
  CHECK(known.size() == ids.size());
  auto used = all_between(page, "href=\"#", '"');
  for (const std::string& clip : all_between(page, "url(#", ')')) used.push_back(clip);
  REQUIRE(!used.empty());
  for (const std::string& id : used) {
    INFO(id);
    CHECK(known.count(id) == 1);
  }
  // Three images a slice: fixed, before, after.
  CHECK(count(page, "data:image/png") == 3 * (6 + 2));
  CHECK(count(page, "url(") == count(page, "url(#"));
}

TEST_CASE("movement is told in the patient's directions", "[registration]") {
  constexpr double kDegree = std::numbers::pi / 180;
  RigidTransform t;
  t.centre_mm = {10, 20, 30};
  CHECK(movement_of(t).shift == "none");
  CHECK(movement_of(t).turn == "none");
  // The moving image holds the same anatomy 3 mm further right, 1.5 mm further back, 2 mm higher: it is moved
  // the other way.
  t.translation_mm = {3, -1.5, 2};
  CHECK(movement_of(t).shift == "3.0 mm to the left, 1.5 mm to the front, 2.0 mm towards the feet");
  struct Turn {
    Eigen::Vector3d angles;
    Eigen::Vector3d point, goes_to;  // from the middle; which direction it gains
    const char* text;
  };
  const Eigen::Vector3d right(1, 0, 0), front(0, 1, 0), top(0, 0, 1);
  for (const Turn& turn :
       {Turn{{-2, 0, 0}, front, top, "2.0° front up"}, Turn{{2, 0, 0}, front, -top, "2.0° front down"},
        Turn{{0, -2, 0}, top, right, "2.0° top to the right"},
        Turn{{0, 2, 0}, top, -right, "2.0° top to the left"},
        Turn{{0, 0, -2}, front, -right, "2.0° front to the left"},
        Turn{{0, 0, 2}, front, right, "2.0° front to the right"}}) {
    INFO(turn.text);
    RigidTransform about;
    about.angles_rad = turn.angles * kDegree;
    CHECK(movement_of(about).turn == turn.text);
    const Eigen::Matrix3d moved = about.rotation().transpose();  // of the moving image
    CHECK((moved * turn.point).dot(turn.goes_to) == Approx(std::sin(2 * kDegree)));
  }
}
