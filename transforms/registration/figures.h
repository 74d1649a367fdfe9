#pragma once

namespace trivox {

/// What is known of an answer beside the transform.
struct RegistrationFigures {
  double header_nats = 0, found_nats = 0;  ///< mutual information by the header, by the answer
  double shift_mm = 0;                     ///< of the answer: mean over the fixed body
  double turn_deg = 0;
  double inconsistency_mm = 0;  ///< of the answers forward and backward
  double overlap = 0;  ///< part of a body that lies within the other's outermost voxel centres: the larger
  bool operator==(const RegistrationFigures&) const = default;
};

}  // namespace trivox
