#include <cmath>
#include <numbers>

#include "loader/phantom/anatomy.h"

namespace trivox::phantom {
namespace {

using T = Tissue;
using V = Eigen::Vector3f;

// Draws each part about its place in the table: centres by a millimetre or so, radii by some percent.
struct Table {
  Rng& rng;
  std::vector<Part>& parts;
  V scale = V::Ones();

  float near(float spread) { return static_cast<float>(rng.normal()) * spread; }

  void add(V centre, V radii, std::initializer_list<Shell> shells, bool boxy = false,
           const Eigen::Matrix3f& rotation = Eigen::Matrix3f::Identity()) {
    for (int i = 0; i < 3; ++i) {
      centre[i] = scale[i] * centre[i] + near(0.6F);
      radii[i] *= scale[i] * std::exp(near(0.03F));
    }
    parts.push_back(make_part(centre, radii, shells, boxy, rotation));
  }
  // Right (x > 0) as given, left mirrored; `turn` degrees about z, mirrored too.
  void pair(const V& centre, const V& radii, std::initializer_list<Shell> shells, bool boxy = false,
            float turn = 0) {
    const float radians = turn * std::numbers::pi_v<float> / 180;
    for (const float side : {1.0F, -1.0F})
      add({side * centre.x(), centre.y(), centre.z()}, radii, shells, boxy,
          Eigen::AngleAxisf(side * radians, V::UnitZ()).toRotationMatrix());
  }
};

V draw_scale(Rng& rng) {
  V scale;
  for (int i = 0; i < 3; ++i) scale[i] = static_cast<float>(rng.uniform(0.95, 1.04));
  return scale;
}

}  // namespace

void draw_head(Rng& rng, std::vector<Part>& body, std::vector<Part>& parts) {
  const V scale = draw_scale(rng);
  Table outline{rng, body, scale};
  outline.add({0, -10, 42}, {72, 90, 78}, {{0, T::kSkin}});   // cranium
  outline.add({0, 24, -14}, {61, 59, 64}, {{0, T::kSkin}});   // face
  outline.add({0, -26, -62}, {58, 58, 95}, {{0, T::kSkin}});  // neck
  outline.add({0, 80, 0}, {12, 15, 19}, {{0, T::kSkin}});     // nose

  Table t{rng, parts, scale};
  const Shell thin_bone{1.3F, T::kCorticalBone};
  const Eigen::Matrix3f clivus_tilt =
      Eigen::AngleAxisf(-0.62F, V::UnitX()).toRotationMatrix();

  // Ears and the posterior neck.
  t.pair({72, -20, 0}, {5, 13, 24}, {{1.5F, T::kSkin}, {0, T::kFat}});
  t.pair({22, -62, -40}, {18, 22, 48}, {{1.2F, T::kFat}, {0, T::kMuscle}});
  t.pair({41, -52, -44}, {13, 17, 44}, {{1.2F, T::kFat}, {0, T::kMuscle}}, false, -25);
  t.pair({53, -30, -48}, {8, 15, 38}, {{1.0F, T::kFat}, {0, T::kMuscle}}, false, -20);
  t.pair({30, -34, -44}, {11, 13, 38}, {{1.0F, T::kFat}, {0, T::kMuscle}});

  // Skull with its marrow, then what it holds.
  const std::initializer_list<Shell> skull = {{1.8F, T::kCorticalBone}, {4.2F, T::kMarrow}, {0, T::kCorticalBone}};
  t.add({0, -10, 58}, {67, 84, 50}, skull);
  t.add({0, -54, 16}, {56, 37, 38}, skull);
  t.pair({38, 0, 30}, {30, 34, 24}, skull);
  const std::initializer_list<Shell> brain = {{2.2F, T::kFluid}, {6.5F, T::kGrey}, {0, T::kWhite}};
  t.add({0, -10, 60}, {60, 77, 43}, brain);
  t.add({0, -54, 16}, {50, 30, 32}, brain);
  t.pair({37, 0, 30}, {24, 28, 18}, brain);
  t.add({0, -56, 22}, {4, 22, 20}, {{0, T::kGrey}});  // vermis
  t.add({0, -33, 24}, {20, 17, 42}, {{0, T::kFluid}});
  t.add({0, -34, 26}, {13, 11, 40}, {{0, T::kWhite}});  // brainstem
  t.add({0, -46, 20}, {7, 4, 9}, {{0, T::kFluid}});     // fourth ventricle
  t.pair({56, -40, 6}, {11, 14, 15}, {{1.5F, T::kCorticalBone}, {0, T::kMastoid}});
  t.pair({34, -26, 12}, {20, 8, 7}, {thin_bone, {0, T::kMarrow}}, false, 35);  // petrous bone

  // Spine.
  t.pair({15, -42, -34}, {9, 12, 42}, {{1.4F, T::kCorticalBone}, {0, T::kMarrow}});
  t.add({0, -60, -36}, {7, 13, 26}, {{1.4F, T::kCorticalBone}, {0, T::kMarrow}});
  t.add({0, -42, -40}, {11.5F, 9.5F, 62}, {{0, T::kFluid}});
  t.add({0, -42, -40}, {6, 4.8F, 62}, {{0, T::kCord}});
  t.pair({20, -25, -14}, {9, 9, 8}, {thin_bone, {0, T::kMarrow}});
  t.add({0, -22, -18}, {9, 8.5F, 15}, {thin_bone, {0, T::kMarrow}});
  t.add({0, -23, -42}, {13, 10, 10}, {thin_bone, {0, T::kMarrow}}, true);
  t.add({0, -23, -64}, {13, 10, 9}, {thin_bone, {0, T::kMarrow}}, true);
  t.add({0, -15, 16}, {14, 7, 24}, {thin_bone, {0, T::kMarrow}}, false, clivus_tilt);
  t.pair({8, -9, -26}, {7.5F, 5, 34}, {{0.8F, T::kFat}, {0, T::kMuscle}});  // longus muscles

  // Orbits and face.
  t.pair({30, 52, 30}, {19, 24, 18}, {{1.8F, T::kCorticalBone}, {0, T::kFat}});
  t.pair({31, 64, 30}, {12.2F, 12.2F, 12.2F}, {{1.2F, T::kCorticalBone}, {0, T::kFluid}});
  t.pair({26, 40, 30}, {3, 17, 3}, {{0, T::kWhite}});
  t.pair({18, 46, 30}, {2.4F, 16, 5}, {{0, T::kMuscle}});
  t.pair({42, 46, 30}, {2.4F, 16, 5}, {{0, T::kMuscle}}, false, 20);
  t.pair({46, 40, 2}, {11, 10, 9}, {{1.6F, T::kCorticalBone}, {0, T::kMarrow}});
  t.pair({59, 14, 3}, {3.5F, 26, 4}, {{1.2F, T::kCorticalBone}, {0, T::kMarrow}}, false, 12);

  // Chewing muscles, glands, mandible.
  t.pair({53, 14, 26}, {8, 24, 28}, {{1.0F, T::kFat}, {0, T::kMuscle}}, false, 10);  // temporalis
  t.pair({53, 10, -26}, {7.5F, 18, 30}, {{1.0F, T::kFat}, {0, T::kMuscle}}, false, 10);
  t.pair({34, 12, 4}, {14, 16, 11}, {{1.2F, T::kFat}, {0, T::kMuscle}}, false, -30);
  t.pair({34, 6, -26}, {8, 13, 24}, {{1.2F, T::kFat}, {0, T::kMuscle}}, false, -15);
  t.pair({51, -14, -24}, {11, 15, 26}, {{0.8F, T::kFat}, {0, T::kGland}}, false, -10);
  t.pair({44, 2, -20}, {4.5F, 13, 32}, {{1.8F, T::kCorticalBone}, {0, T::kMarrow}}, false, 10);
  t.pair({47, -8, 6}, {9, 5, 6}, {{1.5F, T::kCorticalBone}, {0, T::kMarrow}});
  t.pair({32, 34, -48}, {6, 33, 12}, {{2.0F, T::kCorticalBone}, {0, T::kMarrow}}, false, 32);
  t.add({0, 63, -50}, {19, 7, 13}, {{2.0F, T::kCorticalBone}, {0, T::kMarrow}});
  t.pair({24, 28, -60}, {10, 16, 12}, {{0, T::kGland}});
  t.add({0, 32, -44}, {23, 33, 20}, {{2.0F, T::kMucosa}, {0, T::kTongue}});
  t.add({0, 36, -46}, {1.6F, 24, 15}, {{0, T::kFat}});
  t.add({0, 44, -22}, {25, 26, 7}, {{1.5F, T::kCorticalBone}, {0, T::kMarrow}});  // palate, maxilla

  // Airway and its lining; sinuses of unlike sizes.
  t.pair({29, 38, 2}, {14, 17, 17}, {{1.0F, T::kCorticalBone}, {2.4F, T::kMucosa}, {0, T::kAir}});
  t.add({0, 40, 4}, {15, 32, 24}, {{2.0F, T::kMucosa}, {0, T::kAir}}, true);
  t.add({0, 42, 3}, {1.8F, 31, 23}, {{0, T::kMucosa}});
  t.pair({8, 38, -8}, {4.2F, 23, 5}, {{0, T::kMucosa}});
  t.pair({8, 40, 7}, {3.4F, 19, 4}, {{0, T::kMucosa}});
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
