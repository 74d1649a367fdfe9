#include "transforms/augment/list.h"

#include <algorithm>

#include "transforms/augment/cut.h"

namespace trivox {
namespace {

// Calls `action` with each index of the list as a constant.
template <class Action, size_t... I>
constexpr void each(Action&& action, std::index_sequence<I...>) {
  (action(std::integral_constant<size_t, I>{}), ...);
}

constexpr auto kAll = std::make_index_sequence<std::tuple_size_v<Augmentation>>{};

template <class... T>
consteval bool numbers_are_unique(const std::tuple<T...>*) {
  std::array numbers = {T::kNumber...};
  std::ranges::sort(numbers);
  return std::ranges::adjacent_find(numbers) == numbers.end() && numbers.back() < (1U << 15U);
}
static_assert(numbers_are_unique(static_cast<const Augmentation*>(nullptr)));

}  // namespace

Augmentation make_augmentation(const AugmentOptions& o) {
  return {Spatial{o.rotation_probability, o.rotation_deg, o.scaling_probability, o.scaling},
          Mirror{o.mirror_probability, {o.mirror_x, o.mirror_y, o.mirror_z}},
          Noise{o.noise_probability, o.noise}, InvertedGamma{o.gamma_invert_probability, o.gamma},
          Gamma{o.gamma_probability, o.gamma}};
}

AugmentDraws draw(const Augmentation& augmentation, uint64_t seed, uint32_t epoch, uint32_t sample,
                  const PatchShape& shape) {
  AugmentDraws draws;
  each(
      [&](auto i) {
        const auto& transform = std::get<i>(augmentation);
        Rng rng({seed, epoch, sample, std::decay_t<decltype(transform)>::kNumber});
        std::get<i>(draws) = transform.draw(rng, shape);
      },
      kAll);
  return draws;
}

void cut_and_augment(const SourceView& source, const std::array<int64_t, 3>& start, const AugmentDraws& draws,
                     Patch& patch) {
  const auto& spatial = std::get<std::optional<Spatial::Draw>>(draws);
  const auto& mirror = std::get<std::optional<Mirror::Draw>>(draws);
  cut(source, start, spatial ? &*spatial : nullptr, mirror ? mirror->axes : std::array{false, false, false},
      patch);
  each(
      [&](auto i) {
        using T = std::tuple_element_t<i, Augmentation>;
        if constexpr (!std::is_same_v<T, Spatial> && !std::is_same_v<T, Mirror>)
          if (const auto& drawn = std::get<i>(draws)) T::apply(*drawn, patch);
      },
      kAll);
}

}  // namespace trivox
