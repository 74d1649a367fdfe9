#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "cli/config_values.h"

namespace trivox {

/// What a field must satisfy besides its type: the text of the demand where it does not, else "".
template <class T>
using Limit = std::function<std::string(const T&)>;

/// Applies a test to a number, or to every number of a list.
template <class T, class Test>
bool holds(const T& value, Test test) {
  if constexpr (std::is_same_v<T, Range>)
    return test(value.low) && test(value.high);
  else if constexpr (std::is_arithmetic_v<T>)
    return test(static_cast<double>(value));
  else
    return std::all_of(value.begin(), value.end(), [&](const auto& v) { return holds(v, test); });
}

template <class T>
Limit<T> above(double low) {
  return [low](const T& v) {
    return holds(v, [low](double x) { return x > low; }) ? "" : "> " + number_text(low);
  };
}
template <class T>
Limit<T> at_least(double low) {
  return [low](const T& v) {
    return holds(v, [low](double x) { return x >= low; }) ? "" : ">= " + number_text(low);
  };
}
template <class T>
Limit<T> between(double low, double high) {
  return [low, high](const T& v) {
    return holds(v, [=](double x) { return x >= low && x <= high; })
               ? ""
               : "between " + number_text(low) + " and " + number_text(high);
  };
}
template <class T>
Limit<T> not_empty(Limit<T> each) {
  return [each](const T& v) { return v.empty() ? std::string("at least one entry") : each(v); };
}
inline Limit<std::string> one_of(std::vector<std::string> choices) {
  return [choices](const std::string& v) {
    if (std::find(choices.begin(), choices.end(), v) != choices.end()) return std::string();
    std::string text = "one of";
    for (const auto& c : choices) text += (c == choices.front() ? " " : ", ") + (c.empty() ? "\"\"" : c);
    return text;
  };
}

}  // namespace trivox
