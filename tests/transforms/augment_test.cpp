// The contract that every transform of the list keeps, and what each promises on its own.
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "tests/test.h"
#include "transforms/augment/list.h"
#include "transforms/sample.h"

using namespace trivox;

namespace {

constexpr PatchShape kFlat{{24, 20, 4}, 3, 1};   // in plane only
constexpr PatchShape kCube{{15, 14, 13}, 2, 2};  // odd and even sides

// Smooth channels of different contrast; labels 0, 1, 2 and some 255.
PatchBuffer example(const PatchShape& shape) {
  PatchBuffer buffer(shape);
  const auto& s = shape.size;
  size_t i = 0;
  for (int64_t c = 0; c < shape.channels; ++c)
    for (int64_t z = 0; z < s[2]; ++z)
      for (int64_t y = 0; y < s[1]; ++y)
        for (int64_t x = 0; x < s[0]; ++x, ++i)
          buffer.image[i] =
              static_cast<float>(std::sin(0.3 * static_cast<double>(x + c)) + 0.1 * static_cast<double>(y) -
                                 0.2 * static_cast<double>(z * (c + 1)));
  for (size_t v = 0; v < buffer.label.size(); ++v)
    buffer.label[v] = v % 97 == 0 ? kIgnoreLabel : static_cast<uint8_t>(v / 5 % 3);
  for (int64_t c = 0; c < shape.channels; ++c)
    buffer.air[static_cast<size_t>(c)] = -1.0F - static_cast<float>(c);
  return buffer;
}

bool same(const PatchBuffer& a, const PatchBuffer& b) {
  return a.shape == b.shape && std::ranges::equal(a.image, b.image) && std::ranges::equal(a.label, b.label);
}

// Calls action(transform) for each transform of the list, with every chance at 1.
template <class Action>
void for_each_transform(Action&& action) {
  AugmentOptions certain;
  certain.rotation_probability = certain.scaling_probability = certain.noise_probability = 1;
  certain.gamma_probability = certain.gamma_invert_probability = certain.mirror_probability = 1;
  std::apply([&](const auto&... transform) { (action(transform), ...); }, make_augmentation(certain));
}

struct Statistics {
  double mean = 0, deviation = 0;
  float low = 0, high = 0;
};

Statistics statistics(std::span<const float> values) {
  Statistics s;
  for (const float v : values) s.mean += v;
  s.mean /= static_cast<double>(values.size());
  for (const float v : values) s.deviation += (v - s.mean) * (v - s.mean);
  s.deviation = std::sqrt(s.deviation / static_cast<double>(values.size()));
  const auto [low, high] = std::ranges::minmax(values);
  s.low = low;
  s.high = high;
  return s;
}

}  // namespace

TEST_CASE("every transform changes what it says and nothing else", "[augment]") {
  for (const PatchShape& shape : {kFlat, kCube})
    for_each_transform([&](const auto& transform) {
      using T = std::decay_t<decltype(transform)>;
      INFO(std::string(T::kName));
      const PatchBuffer before = example(shape);
      PatchBuffer after = before;
      Rng rng({1, 2, 3, T::kNumber});
      const auto drawn = transform.draw(rng, shape);
      REQUIRE(drawn.has_value());
      Patch patch = after.patch();
      T::apply(*drawn, patch);
      CHECK(static_cast<const PatchShape&>(patch) == shape);
      CHECK(after.air == before.air);
      CHECK(std::ranges::equal(after.image, before.image) != T::kChangesImage);
      CHECK(std::ranges::equal(after.label, before.label) != T::kChangesLabel);
      for (const float v : after.image) REQUIRE(std::isfinite(v));
      for (const uint8_t v : after.label) REQUIRE((v <= 2 || v == kIgnoreLabel));
    });
}

TEST_CASE("every transform replays exactly and equally in many threads", "[augment]") {
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 4);
  for_each_transform([&](const auto& transform) {
    using T = std::decay_t<decltype(transform)>;
    INFO(std::string(T::kName));
    const auto once = [&](uint32_t sample) {
      PatchBuffer buffer = example(kCube);
      Rng rng({1, 2, sample, T::kNumber});
      Patch patch = buffer.patch();
      T::apply(*transform.draw(rng, kCube), patch);
      return buffer;
    };
    std::vector<PatchBuffer> serial, parallel(8);
    for (uint32_t sample = 0; sample < 8; ++sample) serial.push_back(once(sample));
    tbb::parallel_for(uint32_t{0}, uint32_t{8}, [&](uint32_t sample) { parallel[sample] = once(sample); });
    for (size_t i = 0; i < 8; ++i) CHECK(same(serial[i], parallel[i]));
    CHECK((T::kName == Mirror::kName || !same(serial[0], serial[1])));
    // One draw, applied twice.
    Rng rng({5, 5, 5, T::kNumber});
    const auto drawn = transform.draw(rng, kFlat);
    PatchBuffer a = example(kFlat), b = example(kFlat);
    Patch pa = a.patch(), pb = b.patch();
    T::apply(*drawn, pa);
    T::apply(*drawn, pb);
    CHECK(same(a, b));
  });
}

TEST_CASE("no transform is drawn at chance 0 and all have names and numbers of their own", "[augment]") {
  std::set<std::string> names;
  std::set<int> numbers;
  for_each_transform([&](const auto& transform) {
    using T = std::decay_t<decltype(transform)>;
    names.emplace(T::kName);
    numbers.insert(T::kNumber);
    for (const FieldText& field : T::kFields) CHECK(!field.meaning.empty());
  });
  CHECK(names.size() == std::tuple_size_v<Augmentation>);
  CHECK(numbers.size() == std::tuple_size_v<Augmentation>);
  AugmentOptions never;
  never.rotation_probability = never.scaling_probability = never.noise_probability = 0;
  never.gamma_probability = never.gamma_invert_probability = never.mirror_probability = 0;
  for (uint32_t sample = 0; sample < 50; ++sample)
    std::apply([](const auto&... drawn) { CHECK(!(drawn.has_value() || ...)); },
               draw(make_augmentation(never), 1, 0, sample, kCube));
}

TEST_CASE("draws keep to their chances and ranges", "[augment]") {
  const Augmentation augmentation = make_augmentation({});
  constexpr int n = 20000;
  int spatial = 0, noise = 0, gamma = 0, inverted = 0, below_one = 0, gammas = 0;
  std::array<int, 3> flips{};
  for (uint32_t sample = 0; sample < n; ++sample) {
    const AugmentDraws draws = draw(augmentation, 3, 0, sample, kFlat);
    if (const auto& d = std::get<0>(draws)) {
      ++spatial;
      CHECK(d->in_plane);
      CHECK(d->rotation_rad[0] == 0);
      CHECK(std::abs(d->rotation_rad[2]) <= std::numbers::pi);
      CHECK((d->scale == 1 || (d->scale >= 0.7 && d->scale < 1.4)));
    }
    if (const auto& d = std::get<1>(draws))
      for (size_t a = 0; a < 3; ++a) flips[a] += d->axes[a] ? 1 : 0;
    if (const auto& d = std::get<2>(draws)) {
      ++noise;
      CHECK((d->standard_deviation >= 0 && d->standard_deviation < 0.1));
    }
    inverted += std::get<3>(draws) ? 1 : 0;
    if (const auto& d = std::get<4>(draws)) {
      ++gamma;
      CHECK(d->gamma.size() == 3);
      for (const double g : d->gamma) {
        CHECK((g >= 0.7 && g < 1.5));
        below_one += g < 1 ? 1 : 0;
        ++gammas;
      }
    }
  }
  // Six standard errors of a count.
  const auto near = [](int count, int of, double p) {
    return std::abs(count - of * p) < 6 * std::sqrt(of * p * (1 - p));
  };
  CHECK(near(spatial, n, 0.36));  // 1 - .8^2
  CHECK(near(noise, n, 0.1));
  CHECK(near(inverted, n, 0.1));
  CHECK(near(gamma, n, 0.3));
  CHECK(near(below_one, gammas, 0.5));
  for (const int count : flips) CHECK(near(count, n, 0.5));
  for (uint32_t sample = 0; sample < 200; ++sample)
    if (const auto d = std::get<0>(draw(augmentation, 3, 0, sample, kCube))) {
      CHECK(!d->in_plane);
      for (const double r : d->rotation_rad) CHECK(std::abs(r) <= std::numbers::pi / 6);
    }
}

TEST_CASE("mirror moves every voxel to its mirror image", "[augment]") {
  for (int mask = 1; mask < 8; ++mask) {
    const Mirror::Draw drawn{{(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0}};
    const PatchBuffer before = example(kCube);
    PatchBuffer after = before;
    Patch patch = after.patch();
    Mirror::apply(drawn, patch);
    const auto& s = kCube.size;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t z = 0; z < s[2]; ++z)
        for (int64_t y = 0; y < s[1]; ++y)
          for (int64_t x = 0; x < s[0]; ++x) {
            const auto at = [&](int64_t i, int64_t j, int64_t k) {
              return static_cast<size_t>(((c * s[2] + k) * s[1] + j) * s[0] + i);
            };
            const size_t from = at(drawn.axes[0] ? s[0] - 1 - x : x, drawn.axes[1] ? s[1] - 1 - y : y,
                                   drawn.axes[2] ? s[2] - 1 - z : z);
            REQUIRE(after.image[at(x, y, z)] == before.image[from]);
            REQUIRE(after.label[at(x, y, z)] == before.label[from]);
          }
  }
}

TEST_CASE("cutting and augmenting at once equals the list applied one by one", "[augment]") {
  AugmentOptions certain;
  certain.rotation_probability = certain.scaling_probability = certain.noise_probability = 1;
  certain.gamma_probability = certain.gamma_invert_probability = certain.mirror_probability = 1;
  for (const PatchShape& shape : {kFlat, kCube}) {
    PatchBuffer stepwise = example(shape);
    const PatchBuffer stored = stepwise;
    const AugmentDraws draws = draw(make_augmentation(certain), 1, 2, 3, shape);
    Patch patch = stepwise.patch();
    std::apply(
        [&](const auto&... t) {
          std::apply([&](const auto&... drawn) { (std::decay_t<decltype(t)>::apply(*drawn, patch), ...); },
                     draws);
        },
        make_augmentation(certain));
    PatchBuffer fused(shape);
    Patch at_once = fused.patch();
    cut_and_augment({shape.size, shape.channels, shape.labels, stored.image, {}, stored.label, stored.air},
                    {0, 0, 0}, draws, at_once);
    // Rounding of the map's origin differs by mirroring: 1e-15 voxel, and a label where two weigh
    // the same.
    size_t other = 0;
    for (size_t i = 0; i < fused.image.size(); ++i)
      REQUIRE(fused.image[i] == Approx(stepwise.image[i]).margin(1e-4));
    for (size_t i = 0; i < fused.label.size(); ++i) other += fused.label[i] != stepwise.label[i] ? 1 : 0;
    CHECK(other <= fused.label.size() / 100);
  }
}

TEST_CASE("a patch buffer is filled with 0 whatever its memory held", "[augment]") {
  for (int i = 0; i < 8; ++i) {
    {
      const AlignedVector<float> before(1024, 7.0F), beside(1024, 7.0F);
    }
    const PatchBuffer buffer(PatchShape{{16, 16, 4}, 1, 1});
    CHECK(std::ranges::all_of(buffer.image, [](float v) { return v == 0; }));
    CHECK(std::ranges::all_of(buffer.label, [](uint8_t v) { return v == 0; }));
  }
}

TEST_CASE("noise has the drawn deviation and is the same in every channel", "[augment]") {
  PatchBuffer buffer(PatchShape{{64, 64, 16}, 2, 0});
  Patch patch = buffer.patch();
  Noise::apply({0.08, Rng({9, 0, 0, Noise::kNumber})}, patch);
  const auto first = patch.channel(0);
  CHECK(std::ranges::equal(first, patch.channel(1)));
  const Statistics s = statistics(first);
  const double n = static_cast<double>(first.size());
  CHECK(std::abs(s.mean) < 6 * 0.08 / std::sqrt(n));
  CHECK(std::abs(s.deviation - 0.08) < 6 * 0.08 / std::sqrt(2 * n));
  // Neighbours are independent, also across blocks of four and rows.
  for (const size_t lag : {1U, 4U, 64U}) {
    double product = 0;
    for (size_t i = 0; i + lag < first.size(); ++i) product += static_cast<double>(first[i]) * first[i + lag];
    CHECK(std::abs(product / n) < 6 * 0.08 * 0.08 / std::sqrt(n));
  }
}

TEST_CASE("gamma keeps the range or the statistics as asked", "[augment]") {
  for (const double g : {0.7, 1.0, 1.5}) {
    const PatchBuffer before = example(kFlat);
    const Statistics expected =
        statistics(std::span(before.image).first(static_cast<size_t>(kFlat.voxels())));
    PatchBuffer after = before;
    Patch patch = after.patch();
    Gamma::apply({{g, g, g}, false}, patch);
    const Statistics ranged = statistics(patch.channel(0));
    CHECK(ranged.low == Approx(expected.low).margin(1e-6));
    CHECK(ranged.high == Approx(expected.high).margin(1e-6));
    CHECK((g == 1.0 ? ranged.mean == Approx(expected.mean).margin(1e-6)
                    : (ranged.mean < expected.mean) == (g > 1)));
    after = before;
    patch = after.patch();
    Gamma::apply({{g, g, g}, true}, patch);
    const Statistics kept = statistics(patch.channel(0));
    CHECK(kept.mean == Approx(expected.mean).margin(1e-6));
    CHECK(kept.deviation == Approx(expected.deviation).margin(1e-6));
  }
}

TEST_CASE("gamma follows its formula by hand", "[augment]") {
  // Channel 0, 1, 2, 4: lo 0, hi 4. Gamma 2 without statistics: 4 (x / 4)^2 = 0, .25, 1, 4.
  // Inverted: -x is -4..0; 4 ((4 - x) / 4)^2 - 4 = 0, -1.75, -3, -4; negated 0, 1.75, 3, 4.
  PatchBuffer buffer(PatchShape{{4, 1, 1}, 1, 0});
  const std::vector<float> values = {0, 1, 2, 4};
  std::ranges::copy(values, buffer.image.begin());
  Patch patch = buffer.patch();
  Gamma::apply({{2}, false}, patch);
  CHECK(std::ranges::equal(buffer.image, std::vector<float>{0, 0.25F, 1, 4}));
  std::ranges::copy(values, buffer.image.begin());
  InvertedGamma::apply({{2}, false}, patch);
  CHECK(std::ranges::equal(buffer.image, std::vector<float>{0, 1.75F, 3, 4}));
}

TEST_CASE("gamma leaves a constant channel alone", "[augment]") {
  PatchBuffer buffer(PatchShape{{8, 8, 2}, 1, 0});
  std::ranges::fill(buffer.image, -1.5F);
  Patch patch = buffer.patch();
  Gamma::apply({{0.7}, true}, patch);
  InvertedGamma::apply({{0.7}, true}, patch);
  CHECK(std::ranges::all_of(buffer.image, [](float v) { return v == -1.5F; }));
}
