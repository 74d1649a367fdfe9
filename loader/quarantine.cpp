#include "loader/quarantine.h"

#include <string>

#include "loader/file.h"

namespace trivox {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out.append("\"");
}

}  // namespace

void write_quarantine(const std::filesystem::path& folder, const std::vector<CaseFailure>& failures) {
  std::string text = "case,reason\n";
  for (const CaseFailure& failure : failures)
    text.append(quoted(failure.id)).append(",").append(quoted(failure.fault.message())).append("\n");
  write_file_atomically(folder / "quarantine.csv", text);
}

}  // namespace trivox
