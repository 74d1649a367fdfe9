#include "evaluate/registration_page.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numbers>
#include <utility>

#include "evaluate/html.h"
#include "evaluate/registration_pictures.h"
#include "loader/text.h"

namespace trivox {
namespace {

constexpr double kSquare_mm = 20;  // of the checkerboards

struct OutcomeWords {
  std::string_view style, name, meaning, after;
};

OutcomeWords words_of(RegistrationOutcome outcome, bool has_warnings) {
  switch (outcome) {
    case RegistrationOutcome::kRefined:
      return {has_warnings ? "warning" : "", "Refined",
              "The transform that was found is used: the images fit better by it than by their headers.",
              "registered"};
    case RegistrationOutcome::kHeader:
      return {has_warnings ? "warning" : "", "Header",
              "The place that the headers give is kept: nothing that was found fits better. The pictures "
              "“after” show the best that was found, which is not used.",
              "as found (not used)"};
    case RegistrationOutcome::kGiven:
      return {"", "Given", "The transform is that of the file given; nothing was looked for.", "by the file"};
    case RegistrationOutcome::kRejected:
      break;
  }
  return {"fault", "Rejected",
          "No transform is credible. The place that the headers give is kept, for want of better: look at "
          "the pair before you use it. The pictures “after” show the best that was found, which is not used.",
          "as found (not used)"};
}

std::string outcome_panel(const Registration& answer, const OutcomeWords& words) {
  std::string out = "<b>" + std::string(words.name) + ".</b> " + std::string(words.meaning);
  if (!answer.warnings.empty()) {
    out += answer.outcome == RegistrationOutcome::kRejected ? " Why:" : " But:";
    out += bullets(answer.warnings);
  }
  return panel(words.style, out);
}

std::string signed_text(double value) { return std::string(value > 0 ? "+" : "").append(fixed(value, 3)); }

std::string tiles(const Registration& answer) {
  const std::string unused = is_used(answer.outcome) ? "" : " found, not used";
  const bool is_given = answer.outcome == RegistrationOutcome::kGiven;
  return "<div class=\"tiles\">\n" +
         tile(fixed(answer.shift_mm, 2) + " mm", "movement" + unused + ": mean over the body") +
         tile(fixed(answer.turn_deg, 2) + "°", "turn" + unused) +
         (is_given ? std::string()
                   : tile(fixed(answer.inconsistency_mm, 2) + " mm",
                          "between the answers forward and backward: how far it can be trusted")) +
         tile(fixed(100 * answer.overlap, 0) + " %", "of the body lie in both fields of view") +
         tile(signed_text(answer.found_nats - answer.header_nats),
              "nats of mutual information gained: " + fixed(answer.header_nats, 3) + " by the header, " +
                  fixed(answer.found_nats, 3) + (is_given ? " as given" : " as found")) +
         "</div>\n";
}

std::string facts(const RegistrationView& view) {
  const Movement movement = movement_of(view.answer.found);
  const std::string how = view.answer.outcome == RegistrationOutcome::kGiven ? " given" : " found";
  return panel("", definitions({{"fixed", view.fixed_name},
                                {"moving", view.moving_name},
                                {"shift" + how, movement.shift + " (middle of the body)"},
                                {"turn" + how, movement.turn}}));
}

std::vector<int64_t> slices_to_show(int64_t first, int64_t last, int slices) {
  const int64_t n = last - first + 1;
  const int64_t wanted = slices <= 0 ? n : std::min<int64_t>(slices, n);
  std::vector<int64_t> out;
  for (int64_t i = 0; i < wanted; ++i) out.push_back(first + ((2 * i + 1) * n) / (2 * wanted));
  return out;
}

std::string use(const std::string& id) { return "<use href=\"#" + id + "\"/>"; }

std::string cell(std::string_view area, const std::string& picture, const std::string& caption) {
  return "<figure style=\"grid-area: " + std::string(area) + "\">" + picture + "<figcaption>" + caption +
         "</figcaption></figure>\n";
}

/// The pictures of one slice. Each of the three images stands in the page once, and so do the edges.
class SliceRow {
 public:
  SliceRow(PairFigures figures, std::string id, std::string place, std::string_view after)
      : figures_(std::move(figures)), id_(std::move(id)), place_(std::move(place)), after_(after) {
    figures_.fixed.layers.push_back({"edges", {}, figures_.edges});
  }

  [[nodiscard]] std::string html() const {
    return "<div class=\"compare\">\n" +
           cell("fixed", svg_figure(figures_.fixed, told("fixed image with its edges"), id_ + "-fixed"),
                "fixed, with its edges") +
           moving(figures_.before, "before", "by its header") + moving(figures_.after, "after", after_) +
           slider() + squares("before") + squares("after") + "</div>\n";
  }

 private:
  [[nodiscard]] std::string told(const std::string& what) const { return place_ + ": " + what; }
  [[nodiscard]] std::string edges() const { return use(id_ + "-fixed-edges"); }

  /// Names the picture `id_`-`when`, with the fixed image's edges over it.
  [[nodiscard]] std::string moving(const Figure& figure, const std::string& when,
                                   const std::string& how) const {
    const std::string picture = svg_image(figure, id_ + "-" + when);
    return cell(
        when,
        svg_again(figure, told("moving image " + when + " with the fixed image's edges"), picture + edges()),
        "<b>" + when + "</b>: moving image " + how + ", edges of the fixed one");
  }

  [[nodiscard]] std::string slider() const {
    const auto layer = [&](const std::string& when) {
      return svg_again(figures_.fixed, told("moving image " + when), use(id_ + "-" + when) + edges());
    };
    return cell("wipe",
                wipe(layer("before"), layer("after"),
                     told("wipe between the moving image before, on the left, and after, on the right")),
                "");
  }

  [[nodiscard]] std::string squares(const std::string& when) const {
    const std::string clip = id_ + "-squares";
    std::string content;
    if (when == "before")
      content = svg_clip(checkerboard(figures_.fixed.width_mm, figures_.fixed.height_mm, kSquare_mm), clip);
    content += use(id_ + "-fixed") + "<g clip-path=\"url(#" + clip + ")\">" + use(id_ + "-" + when) + "</g>";
    return cell("squares-" + when, svg_again(figures_.fixed, told("checkerboard " + when), content),
                "<b>" + when + "</b>: fixed and moving in turn");
  }

  PairFigures figures_;
  std::string id_, place_, after_;
};

std::string rows(const PairDisplay& pair, const SliceView& view, const std::vector<int64_t>& slices,
                 std::string_view after) {
  std::string out;
  for (auto slice = slices.rbegin(); slice != slices.rend(); ++slice) {
    PairFigures figures = pair_figures(pair, view, *slice);
    const std::string number = std::to_string(figures.fixed.slice + 1);
    std::string place = view.plane() + " slice " + number + " of " + std::to_string(figures.fixed.slices);
    std::string id = view.plane() + "-" + number;
    place.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(place.front())));
    const SliceRow row(std::move(figures), std::move(id), place, after);
    out += "<h3>" + place + "</h3>\n" + row.html();
  }
  return out;
}

std::string pictures(const RegistrationView& view, int slices, std::string_view after) {
  const PairDisplay pair = pair_display(view.fixed, view.before, view.after);
  const SliceView across = slice_view(pair.fixed.grid);
  const auto axis = static_cast<size_t>(across.slice_axis);
  std::string out =
      "<h2>Before and after</h2>\n<p class=\"soft\">Radiological display: the patient's right (R) is on the "
      "left. The slider wipes between the moving image before and after. "
      "<span class=\"key edges\"></span>edges of the fixed image. Squares of the checkerboards: " +
      fixed(kSquare_mm, 0) +
      " mm; where the two images fit, structures run on from one square to the next.</p>\n";
  out += rows(pair, across, slices_to_show(pair.first[axis], pair.last[axis], slices), after);
  out +=
      "<h2>Across the slices</h2>\n<p class=\"soft\">Shifts along the slices are seen here alone. Seen from "
      "the side, slices are stretched to their thickness.</p>\n";
  for (const size_t other : {(axis + 1) % 3, (axis + 2) % 3})
    out += rows(pair, slice_view(pair.fixed.grid, static_cast<int>(other)), {pair.centre[other]}, after);
  return out;
}

std::string directions(const Eigen::Vector3d& along, const std::array<std::array<const char*, 2>, 3>& names,
                       const char* unit, int digits) {
  std::string out;
  for (int i = 0; i < 3; ++i) {
    const std::string figure = fixed(std::abs(along[i]), digits);
    if (figure == fixed(0, digits)) continue;
    out += (out.empty() ? "" : ", ") + figure + unit + names[static_cast<size_t>(i)][along[i] > 0 ? 0 : 1];
  }
  return out.empty() ? "none" : out;
}

}  // namespace

Movement movement_of(const RigidTransform& fixed_to_moving) {
  const Eigen::Matrix4d there = fixed_to_moving.matrix();
  // About the middle of the body in the moving image, which is moved.
  const RigidTransform back =
      rigid_transform(there.inverse(), fixed_to_moving.centre_mm + fixed_to_moving.translation_mm);
  constexpr double kDegrees = 180 / std::numbers::pi;
  return {directions(back.translation_mm,
                     {{{"to the right", "to the left"},
                       {"to the front", "to the back"},
                       {"towards the head", "towards the feet"}}},
                     " mm ", 1),
          directions(back.angles_rad * kDegrees,
                     {{{"front up", "front down"},
                       {"top to the right", "top to the left"},
                       {"front to the left", "front to the right"}}},
                     "° ", 1)};
}

std::string registration_html(const RegistrationView& view, int slices, std::string_view version) {
  const OutcomeWords words = words_of(view.answer.outcome, !view.answer.warnings.empty());
  std::string body = "<h1>Registration of two images</h1>\n" + outcome_panel(view.answer, words) +
                     tiles(view.answer) + facts(view);
  if (!view.warnings.empty()) body += panel("warning", "Warnings of the images:" + bullets(view.warnings));
  body += pictures(view, slices, words.after);
  body += "<p class=\"soft\">trivox " + escape_html(version) + "</p>";
  return html_page("Registration: " + view.moving_name + " onto " + view.fixed_name, body);
}

}  // namespace trivox
