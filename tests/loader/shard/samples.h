#pragma once
#include <cstring>
#include <string>

#include "transforms/sample.h"

namespace trivox::test {

/// Sample number i as tests/loader/check_shard.py expects it: values by formula, an oblique grid.
inline Sample formula_sample(const std::string& id, int i) {
  Grid grid;
  grid.size = {5, 4, 3};
  grid.affine << -0.5, 0, 0, 10.25, 0, 0.5, 0.1, -20, 0, 0, 5.5, 1.0 / 3, 0, 0, 0, 1;
  Sample s;
  s.id = id;
  s.image = Volume<float>(grid, 2);
  s.label = Volume<uint8_t>(grid, 1);
  if (i % 2 == 1) s.valid = Volume<uint8_t>(grid, 2, 1);
  for (int64_t c = 0; c < 2; ++c)
    for (int64_t z = 0; z < 3; ++z)
      for (int64_t y = 0; y < 4; ++y)
        for (int64_t x = 0; x < 5; ++x) {
          s.image.at(c, x, y, z) = static_cast<float>(100 * c + 10 * z + y) + static_cast<float>(x) / 8 - 3;
          if (c == 0) s.label.at(0, x, y, z) = static_cast<uint8_t>((x + y + z) % 3);
          if (c == 1 && x == 0 && i % 2 == 1) s.valid.at(c, x, y, z) = 0;
        }
  s.reference_grid = grid;
  s.reference_grid.size = {7, 6, 3};
  for (const char* name : {"T1WI", "CE-T1WI"}) {
    ChannelProvenance channel;
    channel.name = name;
    channel.files = {std::string(name) + "/2.dcm", std::string(name) + "/1.dcm"};
    channel.middle_slice_hash = "00112233445566" + std::to_string(10 + i % 90) + name[0];
    channel.native_grid = s.reference_grid;
    channel.reference_to_native(0, 3) = 1.0 / 7;
    channel.alignment = std::strcmp(name, "T1WI") == 0 ? "header" : "reference";
    channel.mean = 0.1;
    channel.standard_deviation = 2.5e-3;
    channel.air = -1.7;
    channel.warnings = {"a \"quoted\" warning, with a comma"};
    s.channels.push_back(channel);
  }
  return s;
}

}  // namespace trivox::test
