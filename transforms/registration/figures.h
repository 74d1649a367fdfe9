#pragma once

namespace trivox {

/// What is known of an answer beside the transform. NaN: not known.
struct RegistrationFigures {
  double header_nats = 0, found_nats = 0;  ///< mutual information by the header, by the answer
  double shift_mm = 0;                     ///< of the answer: mean over the fixed body
  double turn_deg = 0;                     ///< of the answer: angle about its axis, 0 to 180
  double inconsistency_mm = 0;             ///< mean distance of the answers forward and backward
  double overlap = 0;  ///< part of a body that lies within the other's outermost voxel centres: the larger
};

}  // namespace trivox
