#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "loader/native_volume.h"

namespace trivox {

/// Throws UsageError where something lies at `file` that a command about to write there did not write itself:
/// a folder, or a file that is not empty and whose first 4096 bytes `is_own` does not know. `found` says what
/// it is, "a file that is no HTML page", `another` what else to give, "another name for --html".
void refuse_to_replace(const std::filesystem::path& file, const std::string& found,
                       const std::string& another, const std::function<bool(std::string_view head)>& is_own);

/// For the header of an image that `program` writes. By the voxels too, since who draws a mask on an image
/// often takes its header.
[[nodiscard]] std::string mark_of(const NativeVolume& volume, std::string_view program);

/// Whether a file is a NIfTI image with that mark; any other may be a mask that somebody drew.
[[nodiscard]] bool is_own_image(const std::filesystem::path& file, std::string_view program);

}  // namespace trivox
