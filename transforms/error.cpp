#include "transforms/error.h"

namespace trivox {

std::string Fault::message() const {
  std::string text;
  if (!path.empty()) text += path + ": ";
  text += attribute;
  if (!found.empty()) text += " is " + found;
  if (!expected.empty()) text += ", expected " + expected;
  for (size_t i = 0; i < context.size(); ++i) text += (i == 0 ? " (" : "; ") + context[i];
  if (!context.empty()) text += ")";
  return text;
}

Error Error::with_path(std::string_view path) const {
  Fault fault = fault_;
  if (fault.path.empty() && !fault.is_usage) fault.path = path;
  return Error(std::move(fault));
}

Error Error::in(std::string context) const {
  Fault fault = fault_;
  fault.context.push_back(std::move(context));
  return Error(std::move(fault));
}

}  // namespace trivox
