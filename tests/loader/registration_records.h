#pragma once
#include "tests/test.h"
#include "transforms/sample.h"

namespace trivox::test {

inline void check_equal(const RegistrationRecord& a, const RegistrationRecord& b) {
  CHECK(a.found == b.found);
  CHECK(a.header_nats == b.header_nats);
  CHECK(a.found_nats == b.found_nats);
  CHECK(a.shift_mm == b.shift_mm);
  CHECK(a.turn_deg == b.turn_deg);
  CHECK(a.inconsistency_mm == b.inconsistency_mm);
  CHECK(a.overlap == b.overlap);
  CHECK(a.is_other_frame == b.is_other_frame);
  CHECK(a.reasons == b.reasons);
  CHECK(a.masks == b.masks);
}

}  // namespace trivox::test
