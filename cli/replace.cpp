#include "cli/replace.h"

#include <span>
#include <variant>
#include <vector>

#include "loader/checksum.h"
#include "loader/file.h"
#include "loader/nifti.h"
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

std::string mark_of(const NativeVolume& volume, std::string_view program) {
  return std::string(program) + " " +
         std::visit([](const auto& stored) { return xxh3_hex(std::as_bytes(std::span(stored.data))); },
                    volume.stored);
}

bool is_own_image(const std::filesystem::path& file, std::string_view program) {
  try {
    const NiftiNative image = read_nifti_native(file);
    return image.header.description == mark_of(image.volume, program);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace trivox
