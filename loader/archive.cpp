#include "loader/archive.h"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <set>
#include <utility>

#include "loader/file.h"
#include "loader/log.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr size_t kKeptOpen = 16;

std::mutex mutex;                     // of what follows
std::string names_encoding = "auto";  // NOLINT(cert-err58-cpp): at worst too little memory

bool ends_as_archive(const std::string& name) {
  constexpr std::string_view kEnding = ".zip";
  return name.size() > kEnding.size() &&
         std::equal(kEnding.rbegin(), kEnding.rend(), name.rbegin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

struct Split {
  fs::path archive, inside;
  struct stat status{};
};

std::optional<Split> split(const fs::path& path) {
  Split found;
  bool is_found = false;
  for (const fs::path& part : path) {
    if (is_found) {
      found.inside /= part;
      continue;
    }
    found.archive /= part;
    is_found = ends_as_archive(part.native()) && ::stat(found.archive.c_str(), &found.status) == 0 &&
               S_ISREG(found.status.st_mode);
  }
  if (!is_found) return std::nullopt;
  found.inside = found.inside.lexically_normal();
  if (found.inside == ".") found.inside.clear();
  if (!found.inside.empty() && *found.inside.begin() == "..") return std::nullopt;
  return found;
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

/// The archive, opened now or before.
std::shared_ptr<const Archive> open_archive(const Split& place) {
  static std::vector<std::shared_ptr<const Archive>> kept;  // the last used stands last
  const std::lock_guard lock(mutex);
  const auto at = std::ranges::find(kept, place.archive, [](const auto& one) { return one->path; });
  std::shared_ptr<const Archive> archive;
  if (at != kept.end()) {
    if (is_same((*at)->file.status, place.status) && (*at)->encoding == names_encoding) archive = *at;
    kept.erase(at);
  }
  if (archive == nullptr) {
    archive = std::make_shared<const Archive>(place.archive, names_encoding);
    // Once, by whatever path it is opened again.
    static std::set<std::pair<dev_t, ino_t>> warned;
    if (!archive->index.warnings.empty() && warned.insert({place.status.st_dev, place.status.st_ino}).second)
      for (const std::string& warning : archive->index.warnings)
        log::warning(place.archive.string() + ": " + warning);
  }
  kept.push_back(archive);
  if (kept.size() > kKeptOpen) kept.erase(kept.begin());
  return archive;
}

}  // namespace

Archive::Archive(const fs::path& archive, std::string names)
    : path(archive), file(archive), encoding(std::move(names)) {
  index = with_path(archive.string(), [&] { return parse_zip(file.size, read_at(), encoding); });
}

ReadAt Archive::read_at() const {
  return [this](uint64_t offset, std::span<std::byte> out) { file.read(path, offset, out); };
}

void read_archive_names_as(const std::string& encoding) {
  const std::lock_guard lock(mutex);
  names_encoding = encoding;
}

fs::path archive_in(const fs::path& path) {
  const auto found = split(path);
  return found ? found->archive : fs::path();
}

std::optional<ArchivePlace> archive_place(const fs::path& path) {
  const auto found = split(path);
  if (!found) return std::nullopt;
  std::string name = found->inside.generic_string();
  if (name.ends_with('/')) name.pop_back();
  return ArchivePlace{open_archive(*found), std::move(name)};
}

std::optional<ArchivePlace> member_place(const fs::path& path) {
  const auto found = split(path);
  return found && !found->inside.empty() ? archive_place(path) : std::nullopt;
}

const ZipMember& member_at(const ArchivePlace& place, const fs::path& path) {
  if (const ZipMember* member = place.archive->index.find(place.name)) return *member;
  if (place.archive->index.has_folder(place.name))
    throw Error(Fault{path.string(), "it", "a folder", "a file", {}});
  throw system_error(path, "cannot be read", ENOENT);
}

}  // namespace trivox
