#include <cmath>
#include <numbers>
#include <utility>

#include "loader/phantom/anatomy.h"

namespace trivox::phantom {
namespace {

using T = Tissue;
using V = Eigen::Vector3f;

// Draws each part about its place in the table: centres by half a millimetre or so, radii by some percent.
struct Table {
  Rng& rng;
  std::vector<Part>& parts;
  V scale;

  float near(float spread) { return static_cast<float>(rng.normal()) * spread; }

  void body(Part& part, V centre, V radii, bool boxy = false,
            const Eigen::Matrix3f& rotation = Eigen::Matrix3f::Identity()) {
    for (int i = 0; i < 3; ++i) {
      centre[i] = scale[i] * centre[i] + near(0.6F);
      radii[i] *= scale[i] * std::exp(near(0.03F));
    }
    add_body(part, centre, radii, boxy, rotation);
  }
  static Part shells(std::initializer_list<Shell> list) {
    Part part;
    for (const Shell& shell : list) part.shells[part.shell_count++] = shell;
    return part;
  }
  Part& add(const V& centre, const V& radii, std::initializer_list<Shell> list, bool boxy = false,
            const Eigen::Matrix3f& rotation = Eigen::Matrix3f::Identity()) {
    Part part = shells(list);
    body(part, centre, radii, boxy, rotation);
    parts.push_back(std::move(part));
    return parts.back();
  }
  // Right (x > 0) as given, left mirrored; `turn` degrees about z, mirrored too.
  void pair(const V& centre, const V& radii, std::initializer_list<Shell> list, bool boxy = false,
            float turn = 0) {
    const float radians = turn * std::numbers::pi_v<float> / 180;
    for (const float side : {1.0F, -1.0F})
      add({side * centre.x(), centre.y(), centre.z()}, radii, list, boxy,
          Eigen::AngleAxisf(side * radians, V::UnitZ()).toRotationMatrix());
  }
};

V draw_scale(Rng& rng) {
  V scale;
  for (int i = 0; i < 3; ++i) scale[i] = static_cast<float>(rng.uniform(0.95, 1.04));
  return scale;
}

}  // namespace

void draw_head(Rng& rng, Part& outline, std::vector<Part>& parts) {
  Table t{rng, parts, draw_scale(rng)};
  t.body(outline, {0, -10, 42}, {71, 90, 78});   // cranium
  t.body(outline, {0, -38, -4}, {57, 52, 46});   // occiput and nape
  t.body(outline, {0, 22, -14}, {62, 60, 62});   // face
  t.body(outline, {0, -24, -66}, {58, 56, 90});  // neck
  t.body(outline, {0, 79, 0}, {11, 14, 18});     // nose

  const Shell thin_bone{1.3F, T::kCorticalBone};
  const Shell bone{1.8F, T::kCorticalBone};
  const Shell fascia{1.0F, T::kFat};
  const Eigen::Matrix3f clivus_tilt = Eigen::AngleAxisf(-0.62F, V::UnitX()).toRotationMatrix();

  // Ears and the posterior neck.
  for (const float side : {1.0F, -1.0F})
    t.add({side * 66, -20, 2}, {5, 14, 26}, {{1.8F, T::kSkin}, {0, T::kFat}}, false,
          Eigen::AngleAxisf(side * 0.35F, V::UnitZ()).toRotationMatrix())
        .outside = true;
  t.pair({25, -66, -40}, {20, 9, 56}, {{1.4F, T::kFat}, {0, T::kMuscle}}, false, 18);
  t.pair({15, -56, -42}, {13, 12, 52}, {{1.4F, T::kFat}, {0, T::kMuscle}}, false, 10);
  t.pair({38, -52, -44}, {11, 15, 48}, {{1.4F, T::kFat}, {0, T::kMuscle}}, false, -25);
  t.pair({50, -30, -46}, {7, 16, 44}, {{1.4F, T::kFat}, {0, T::kMuscle}}, false, -20);
  t.pair({29, -36, -44}, {10, 11, 40}, {{1.2F, T::kFat}, {0, T::kMuscle}});
  t.add({0, -72, -40}, {1.6F, 16, 45}, {{0, T::kFat}});  // nuchal septum

  // Skull, cerebrospinal fluid and brain are one part, so that lobes flow into each other.
  Part head = Table::shells({{1.8F, T::kCorticalBone},
                             {4.4F, T::kMarrow},
                             {6.2F, T::kCorticalBone},
                             {8.6F, T::kFluid},
                             {12.6F, T::kGrey},
                             {0, T::kWhite}});
  head.margin_mm = 6.2F;
  head.fold_mm = 1.5F;
  t.body(head, {0, -10, 60}, {60, 77, 44});  // cerebrum
  t.body(head, {0, -46, 16}, {46, 33, 30});  // cerebellum
  t.body(head, {36, 2, 32}, {25, 29, 19});   // temporal lobes
  t.body(head, {-36, 2, 32}, {25, 29, 19});
  parts.push_back(head);
  t.add({0, -58, 22}, {3.5F, 18, 18}, {{0, T::kGrey}});  // vermis
  t.pair({10, -4, 54}, {5, 26, 8}, {{0, T::kFluid}}, false, -8);
  t.add({0, -32, 24}, {21, 16, 42}, {{0, T::kFluid}});
  t.add({0, -34, 26}, {14, 12, 40}, {{0, T::kWhite}});  // brainstem
  t.add({0, -47, 20}, {7, 4, 9}, {{0, T::kFluid}});     // fourth ventricle
  t.pair({53, -40, 4}, {8, 11, 13}, {{1.5F, T::kCorticalBone}, {0, T::kMastoid}});
  t.pair({33, -24, 12}, {19, 8, 7}, {thin_bone, {0, T::kMarrow}}, false, 35);  // petrous bone

  // Spine.
  t.pair({13, -40, -36}, {8, 10, 38}, {{1.4F, T::kCorticalBone}, {0, T::kMarrow}});
  t.add({0, -58, -38}, {5, 11, 24}, {{1.4F, T::kCorticalBone}, {0, T::kMarrow}});
  t.add({0, -42, -40}, {11.5F, 9.5F, 62}, {{0, T::kFluid}});
  t.add({0, -42, -40}, {6.4F, 5, 62}, {{0, T::kCord}});
  t.pair({20, -25, -14}, {9, 9, 8}, {thin_bone, {0, T::kMarrow}});
  t.add({0, -22, -18}, {9, 8.5F, 15}, {thin_bone, {0, T::kMarrow}});
  t.add({0, -23, -42}, {13, 10, 10}, {thin_bone, {0, T::kMarrow}}, true);
  t.add({0, -23, -64}, {13, 10, 9}, {thin_bone, {0, T::kMarrow}}, true);
  t.add({0, -15, 16}, {14, 7, 24}, {thin_bone, {0, T::kMarrow}}, false, clivus_tilt);
  t.pair({8, -9, -26}, {7.5F, 5, 34}, {fascia, {0, T::kMuscle}});  // longus muscles

  // Orbits and face.
  t.pair({30, 42, 30}, {17, 26, 16}, {bone, {0, T::kFat}});
  t.pair({31, 54, 30}, {12, 12, 12}, {{1.2F, T::kCorticalBone}, {0, T::kFluid}});
  t.pair({27, 36, 30}, {2.8F, 14, 2.8F}, {{0, T::kWhite}});  // optic nerves
  t.pair({18, 40, 30}, {2.2F, 15, 5}, {{0, T::kMuscle}});
  t.pair({42, 40, 30}, {2.2F, 15, 5}, {{0, T::kMuscle}}, false, 20);
  t.pair({47, 34, 2}, {10, 9, 9}, {{1.6F, T::kCorticalBone}, {0, T::kMarrow}});
  t.pair({57, 12, 3}, {3.2F, 24, 4}, {{1.2F, T::kCorticalBone}, {0, T::kMarrow}}, false, 12);
  t.pair({44, 30, -20}, {11, 15, 17}, {{0, T::kFat}});  // cheeks

  // Chewing muscles, glands, mandible, tongue.
  t.pair({52, 12, 24}, {7, 24, 28}, {{1.2F, T::kFat}, {0, T::kMuscle}}, false, 10);  // temporalis
  t.pair({51, 8, -26}, {7.5F, 18, 30}, {{1.2F, T::kFat}, {0, T::kMuscle}}, false, 10);
  t.pair({34, 12, 4}, {14, 16, 11}, {{1.4F, T::kFat}, {0, T::kMuscle}}, false, -30);
  t.pair({34, 6, -26}, {8, 13, 24}, {{1.4F, T::kFat}, {0, T::kMuscle}}, false, -15);
  t.pair({48, -14, -24}, {10, 15, 26}, {fascia, {0, T::kGland}}, false, -10);
  t.pair({43, 2, -20}, {4.5F, 13, 32}, {bone, {0, T::kMarrow}}, false, 10);
  t.pair({46, -8, 6}, {9, 5, 6}, {bone, {0, T::kMarrow}});
  t.pair({31, 32, -50}, {5.5F, 33, 12}, {bone, {0, T::kMarrow}}, false, 32);
  t.add({0, 60, -52}, {19, 7, 13}, {bone, {0, T::kMarrow}});
  t.pair({23, 22, -60}, {9, 15, 11}, {{0, T::kGland}});
  t.add({0, 30, -46}, {23, 32, 22}, {{2.0F, T::kMucosa}, {0, T::kTongue}});
  t.add({0, 34, -48}, {1.5F, 24, 16}, {{0, T::kFat}});
  // Upper jaw: an arch of marrow and teeth about the roof of the mouth.
  t.add({0, 40, -23}, {24, 27, 8}, {{1.5F, T::kCorticalBone}, {0, T::kMarrow}}, true);
  t.add({0, 34, -29}, {16, 25, 8}, {{1.8F, T::kMucosa}, {0, T::kTongue}}, true);
  for (const float degrees : {8.0F, 26.0F, 44.0F, 61.0F, 77.0F, 92.0F}) {
    const float angle = degrees * std::numbers::pi_v<float> / 180;
    t.pair({20 * std::sin(angle), 38 + 25 * std::cos(angle), -31}, {3, 3, 8}, {{0, T::kCorticalBone}});
    t.pair({19 * std::sin(angle), 36 + 24 * std::cos(angle), -43}, {3, 3, 7}, {{0, T::kCorticalBone}});
  }

  // Airway and its lining; sinuses.
  t.pair({29, 36, 2}, {14, 17, 17}, {{1.0F, T::kCorticalBone}, {2.4F, T::kMucosa}, {0, T::kAir}});
  t.add({0, 38, 4}, {15, 32, 24}, {{2.0F, T::kMucosa}, {0, T::kAir}}, true);
  t.add({0, 42, 3}, {1.8F, 31, 23}, {{0, T::kMucosa}});
  t.pair({8, 37, -8}, {4.2F, 22, 5}, {{0, T::kMucosa}});
  t.pair({8, 38, 7}, {3.4F, 18, 4}, {{0, T::kMucosa}});
  t.add({0, 8, 27}, {16, 12, 10}, {{1.2F, T::kCorticalBone}, {2.4F, T::kMucosa}, {0, T::kAir}});
  t.pair({19, 17, -5}, {2.2F, 11, 14}, {{0, T::kCorticalBone}});  // pterygoid plates
  t.pair({27, -4, -14}, {7.5F, 11, 26}, {{0, T::kFat}});          // parapharyngeal space
  t.pair({20, 4, -8}, {4.5F, 6, 12}, {{0, T::kMuscle}});
  t.add({0, 3, -2}, {17, 9.5F, 17}, {{3.2F, T::kMucosa}, {0, T::kAir}}, true);
  t.pair({16, -4, -2}, {5, 3.5F, 10}, {{1.6F, T::kMucosa}, {0, T::kAir}}, false, -25);
  t.add({0, 2, -42}, {15, 8.5F, 30}, {{2.6F, T::kMucosa}, {0, T::kAir}}, true);
  t.add({0, 12, -19}, {15, 7, 5}, {{1.5F, T::kMucosa}, {0, T::kMuscle}});  // soft palate
  t.pair({25, -17, -15}, {2.8F, 2.8F, 55}, {{0, T::kArtery}});
  t.pair({31, -21, -20}, {4.4F, 4, 55}, {{0, T::kVein}});
}

}  // namespace trivox::phantom
