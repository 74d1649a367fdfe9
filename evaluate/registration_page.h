#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "transforms/registration/registration.h"
#include "transforms/volume.h"

namespace trivox {

/// A pair before and after it was registered, all on the fixed image's grid: 1 x D x H x W.
struct RegistrationView {
  std::string fixed_name, moving_name;
  Volume<float> fixed;
  Volume<float> before;  ///< the moving image where its header puts it
  Volume<float> after;   ///< where the answer found puts it (`answer.found`), whether it is used or not
  Registration answer;
  std::vector<std::string> warnings;  ///< of the images, besides the answer's own
};

/// One page about a pair: the outcome and its figures, then in so many slices (0: all) of the fixed image's
/// body, and in one slice across each of the other two axes, a slider between before and after, the fixed
/// image's edges over the moving one and checkerboards of both. Throws Error where the grids differ.
[[nodiscard]] std::string registration_html(const RegistrationView& view, int slices,
                                            std::string_view version);

/// How the moving image is moved onto the fixed one, in the patient's directions, for a transform that leads
/// from the fixed to the moving one.
struct Movement {
  std::string shift;  ///< of the middle of the body: "1.2 mm to the left, 3.0 mm towards the feet"; "none"
  std::string turn;   ///< about the three axes: "2.0° front up, 0.3° top to the right"; "none"
};
[[nodiscard]] Movement movement_of(const RigidTransform& fixed_to_moving);

}  // namespace trivox
