#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "transforms/patch.h"
#include "transforms/rng.h"

// The form of a random transform:
//
//   struct Name {
//     double probability = ...;  // its fields, each described in kFields
//     struct Draw { ... };       // all that chance decides: enough to replay
//     static constexpr std::string_view kName, kMeaning;
//     static constexpr uint16_t kNumber;  // RngKey.transform: fixed for ever, unique in the list
//     static constexpr bool kChangesImage, kChangesLabel;
//     static constexpr std::array<FieldText, N> kFields;
//     std::optional<Draw> draw(Rng& rng, const PatchShape& shape) const;  // nothing: left alone
//     static void apply(const Draw& draw, Patch& patch);                  // no chance in here
//   };
//
// draw and apply are thread safe; apply is a pure function of the draw and the patch.

namespace trivox {

struct FieldText {
  std::string_view name;
  std::string_view meaning;
};

namespace detail {

struct Anything {
  template <class T>
  operator T() const;  // NOLINT: converts to whatever the field is; never defined
};

/// How many fields an aggregate has (fewer than 8): the longest list that initialises it.
template <class T>
consteval size_t field_count() {
  using A = Anything;
  if constexpr (requires { T{A{}, A{}, A{}, A{}, A{}, A{}, A{}}; })
    return 7;
  else if constexpr (requires { T{A{}, A{}, A{}, A{}, A{}, A{}}; })
    return 6;
  else if constexpr (requires { T{A{}, A{}, A{}, A{}, A{}}; })
    return 5;
  else if constexpr (requires { T{A{}, A{}, A{}, A{}}; })
    return 4;
  else if constexpr (requires { T{A{}, A{}, A{}}; })
    return 3;
  else if constexpr (requires { T{A{}, A{}}; })
    return 2;
  else if constexpr (requires { T{A{}}; })
    return 1;
  else
    return 0;
}

}  // namespace detail

/// Holds only where every field is described: a transform without documentation does not build.
template <class T>
concept RandomTransform =
    requires(const T& t, Rng& rng, const PatchShape& shape, const typename T::Draw& draw, Patch& patch) {
      { T::kName } -> std::convertible_to<std::string_view>;
      { T::kMeaning } -> std::convertible_to<std::string_view>;
      { T::kNumber } -> std::convertible_to<uint16_t>;
      { T::kChangesImage } -> std::convertible_to<bool>;
      { T::kChangesLabel } -> std::convertible_to<bool>;
      { t.draw(rng, shape) } -> std::same_as<std::optional<typename T::Draw>>;
      { T::apply(draw, patch) } -> std::same_as<void>;
    } && detail::field_count<T>() == T::kFields.size();

}  // namespace trivox
