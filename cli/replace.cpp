#include "cli/replace.h"

#include <vector>

#include "loader/file.h"
#include "transforms/error.h"

namespace trivox {

void refuse_to_replace(const std::filesystem::path& file, const std::string& found,
                       const std::string& another, const std::function<bool(std::string_view head)>& is_own) {
  constexpr size_t kHead = 4096;
  const auto refuse = [&](const std::string& what) {
    throw UsageError(Fault{file.string(), "it", what, another + ": it would be lost", {}});
  };
  if (is_file(file)) {
    const std::vector<std::byte> head = read_head(file, kHead);
    if (!head.empty() && !is_own({reinterpret_cast<const char*>(head.data()), head.size()})) refuse(found);
  } else if (is_folder(file)) {
    refuse("a folder");
  }
}

}  // namespace trivox
