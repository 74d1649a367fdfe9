#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trivox {

/// What is wrong with an input, in the four parts that a user needs to mend it.
struct Fault {
  std::string path;                  ///< file or folder; empty until the layer that knows it adds it
  std::string attribute;             ///< what was looked at, e.g. "BitsAllocated"
  std::string found;                 ///< what was there, e.g. "12"
  std::string expected;              ///< what should have been there, e.g. "8 or 16"
  std::vector<std::string> context;  ///< innermost first, e.g. "series T1WI", "case 017"
  /// The command line or the configuration is wrong, no input: exit code 2, where all else is 1, and
  /// it ends a run that would set a broken case aside.
  bool is_usage = false;

  /// "PATH: ATTRIBUTE is FOUND, expected EXPECTED (series T1WI; case 017)"; empty parts left out.
  [[nodiscard]] std::string message() const;
};

/// The one exception type of trivox. Parsers throw it without a path; `with_path` is called once
/// by the wrapper that opened the file. Copyable; safe to pass between threads as a value.
class Error : public std::runtime_error {
 public:
  explicit Error(Fault fault) : std::runtime_error(fault.message()), fault_(std::move(fault)) {}
  Error(std::string attribute, std::string found, std::string expected)
      : Error(Fault{"", std::move(attribute), std::move(found), std::move(expected), {}}) {}

  [[nodiscard]] const Fault& fault() const { return fault_; }
  /// The same error with the path set, where none was set before; one of usage names the option already
  /// and stays as it is.
  [[nodiscard]] Error with_path(std::string_view path) const;
  /// The same error with one more line of context, outermost last.
  [[nodiscard]] Error in(std::string context) const;

 private:
  Fault fault_;
};

/// A wrong command line or configuration. Tell it by `fault().is_usage`, not by its type, which adding a
/// context loses.
class UsageError : public Error {
 public:
  explicit UsageError(Fault fault) : Error(of_usage(std::move(fault))) {}
  UsageError(std::string attribute, std::string found, std::string expected)
      : UsageError(Fault{"", std::move(attribute), std::move(found), std::move(expected), {}}) {}

 private:
  [[nodiscard]] static Fault of_usage(Fault fault) {
    fault.is_usage = true;
    return fault;
  }
};

/// What `action` returns; the path is set in an Error that it throws.
template <class Action>
decltype(auto) with_path(std::string_view path, const Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    throw error.with_path(path);
  }
}

}  // namespace trivox
