#include "evaluate/statistics.h"

#include <limits>
#include <sstream>
#include <vector>

#include "tests/test.h"

using namespace trivox;

TEST_CASE("summary of few values by hand") {
  // Sorted .2 .4 .6 1: mean .55, median .5, squares .1225 + .0225 + .0025 + .2025 = .35, / 3.
  const Summary s = summarise(std::vector<double>{0.6, 0.2, 1.0, 0.4});
  CHECK(s.n == 4);
  CHECK(s.n_nan == 0);
  CHECK(s.mean == Approx(0.55));
  CHECK(s.standard_deviation == Approx(std::sqrt(0.35 / 3)));
  CHECK(s.median == Approx(0.5));
  CHECK(s.min == 0.2);
  CHECK(s.max == 1.0);
  CHECK(s.interval95[0] > s.min);
  CHECK(s.interval95[1] < s.max);
  CHECK(s.interval95[0] < s.mean);
  CHECK(s.interval95[1] > s.mean);
}

TEST_CASE("summary leaves NaN out and counts it") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Summary s = summarise(std::vector<double>{nan, 0.5, nan, 0.7});
  CHECK(s.n == 2);
  CHECK(s.n_nan == 2);
  CHECK(s.mean == Approx(0.6));
}

TEST_CASE("summary of nothing is NaN and of one value has no spread") {
  const Summary none = summarise({});
  CHECK(none.n == 0);
  CHECK(std::isnan(none.mean));
  CHECK(std::isnan(none.interval95[0]));
  const Summary one = summarise(std::vector<double>{0.8});
  CHECK(one.mean == 0.8);
  CHECK(one.median == 0.8);
  CHECK(std::isnan(one.standard_deviation));
  CHECK(std::isnan(one.interval95[1]));
}

TEST_CASE("bootstrap interval repeats whatever the order of cases and the seed moves it") {
  const std::vector<double> forward = {0.81, 0.92, 0.55, 0.77, 0.88, 0.69, 0.93, 0.85};
  const std::vector<double> backward(forward.rbegin(), forward.rend());
  CHECK(summarise(forward).interval95 == summarise(backward).interval95);
  CHECK(summarise(forward).mean == summarise(backward).mean);
  CHECK(summarise(forward, 1).interval95 != summarise(forward, 2).interval95);
}

TEST_CASE("summary and bootstrap interval agree with NumPy and SciPy") {
  NEEDS_PYTHON();
  const std::vector<double> values = {0.81, 0.92, 0.55, 0.77, 0.88, 0.69, 0.93, 0.85, 0.40, 0.79};
  const Summary s = summarise(values);
  std::vector<double> figures = {s.mean, s.standard_deviation, s.median, s.interval95[0], s.interval95[1]};
  figures.insert(figures.end(), values.begin(), values.end());
  std::ostringstream command;
  command.precision(17);
  command << "evaluate/summary_oracle.py";
  for (const double v : figures) command << ' ' << v;
  const auto outcome = test::python(command.str());
  INFO(outcome.output);
  CHECK(outcome.exit_code == 0);
}
