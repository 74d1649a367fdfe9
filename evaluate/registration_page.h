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
  Volume<float> after;   ///< the same by the answer's transform
  Registration answer;
  std::vector<std::string> warnings;  ///< of the images, besides the answer's own
};

/// One page about a pair: the outcome and its figures, then in so many slices (0: all) a slider between
/// before and after, checkerboards of the fixed and the moving image, and the fixed image's edges over the
/// moving one.
[[nodiscard]] std::string registration_html(const RegistrationView& view, int slices,
                                            std::string_view version);

}  // namespace trivox
