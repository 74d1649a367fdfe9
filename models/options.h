#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace trivox {

/// Plain 3D U-Net of nnU-Net's topology. Config section `model`. No torch here, so that the
/// configuration can be read without it.
struct ModelOptions {
  std::vector<int64_t> features = {32, 64, 128, 256};         ///< one a stage
  std::vector<std::array<int64_t, 3>> kernels = {{3, 3, 3}};  ///< x, y, z a stage; the last repeats
  std::vector<std::array<int64_t, 3>> strides = {{1, 1, 1},
                                                 {2, 2, 2}};  ///< x, y, z a stage; the last repeats
  int64_t convolutions = 2;                                   ///< a stage, encoder and decoder
  bool deep_supervision = true;
};

}  // namespace trivox
