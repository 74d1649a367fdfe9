#include "transforms/registration/bfgs.h"

#include "tests/test.h"

using namespace trivox;

namespace {

/// Rosenbrock's valley in three pairs of parameters: its only minimum is 0 at (1, 1, ...).
double valley(const Vector6d& q, Vector6d& gradient) {
  double sum = 0;
  for (int i = 0; i < 6; i += 2) {
    const double a = 1 - q[i], b = q[i + 1] - q[i] * q[i];
    sum += a * a + 100 * b * b;
    gradient[i] = -2 * a - 400 * q[i] * b;
    gradient[i + 1] = 200 * b;
  }
  return sum;
}

}  // namespace

TEST_CASE("the minimum of a bent valley is found", "[registration]") {
  Vector6d start;
  start << -1.2, 1, 0.5, -0.5, 2, 2;
  const BfgsMinimum found = minimise_bfgs(
      valley, start, {.first_step = 0.1, .longest_step = 1, .tolerance = 1e-9, .most_evaluations = 500});
  CHECK((found.at - Vector6d::Ones()).norm() < 1e-6);
  CHECK(found.value < 1e-12);
  CHECK(found.evaluations < 200);
}

TEST_CASE("a minimum is never higher than the start, however few evaluations there are", "[registration]") {
  Vector6d start = Vector6d::Constant(-1), gradient;
  const double first = valley(start, gradient);
  for (const int most : {1, 2, 3, 10}) {
    const BfgsMinimum found = minimise_bfgs(valley, start, {.most_evaluations = most});
    CHECK(found.value <= first);
    CHECK(found.evaluations <= most);
    CHECK(valley(found.at, gradient) == found.value);
  }
}

TEST_CASE("a flat function is left where it starts", "[registration]") {
  const auto flat = [](const Vector6d&, Vector6d& gradient) {
    gradient.setZero();
    return 3.0;
  };
  const BfgsMinimum found = minimise_bfgs(flat, Vector6d::Ones(), {});
  CHECK(found.at == Vector6d::Ones());
  CHECK(found.evaluations < 5);
}
