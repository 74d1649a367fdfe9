#include "loader/quarantine.h"

#include <string>

#include "loader/file.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

void strip(std::string& text, const std::string& prefix) {
  for (size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;) text.erase(at, prefix.size());
}

/// Names of files come in any encoding.
std::string cell(const std::string& text) { return csv_cell(printable(text)); }

}  // namespace

void write_quarantine(const fs::path& folder, const std::vector<CaseFailure>& failures,
                      std::string_view name) {
  std::string text = "id,path,attribute,found,expected,context\n";
  for (const CaseFailure& failure : failures) {
    const Fault& fault = failure.fault;
    std::string context;
    for (const std::string& line : fault.context) context.append(context.empty() ? "" : "; ").append(line);
    for (const std::string* part :
         {&failure.id, &fault.path, &fault.attribute, &fault.found, &fault.expected})
      text.append(cell(*part)).append(",");
    text.append(cell(context)).append("\n");
  }
  write_file_atomically(folder / name, text);
}

void write_warnings(const fs::path& folder, const std::vector<CaseWarning>& warnings) {
  std::string text = "id,sequence,warning\n";
  for (const CaseWarning& w : warnings)
    text.append(cell(w.id))
        .append(",")
        .append(cell(w.sequence))
        .append(",")
        .append(cell(w.text))
        .append("\n");
  write_file_atomically(folder / kWarningsName, text);
}

CaseFailure relative_to(const CaseFailure& failure, const fs::path& root) {
  CaseFailure out = failure;
  Fault& fault = out.fault;
  // What a table names outside its folder gets a path from there too.
  const bool are_alike = fs::path(fault.path).is_absolute() == root.is_absolute();
  const auto comparable = [&](const fs::path& path) {
    return (are_alike ? path : fs::absolute(path)).lexically_normal();
  };
  if (!fault.path.empty())
    fault.path = comparable(fault.path).lexically_relative(comparable(root)).generic_string();
  if (root.is_absolute()) {
    const std::string prefix = (root.lexically_normal() / "").string();
    for (std::string* text : {&fault.attribute, &fault.found, &fault.expected}) strip(*text, prefix);
    for (std::string& text : fault.context) strip(text, prefix);
  }
  fault.path = printable(fault.path);  // for JSON, where it would lose its bytes
  return out;
}

std::vector<CaseWarning> warnings_of(const std::string& id, std::span<const ChannelProvenance> channels) {
  std::vector<CaseWarning> out;
  for (const ChannelProvenance& channel : channels)
    for (const std::string& text : channel.warnings) out.push_back({id, channel.name, text});
  return out;
}

}  // namespace trivox
