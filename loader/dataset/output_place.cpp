#include "loader/dataset/output_place.h"

#include <set>

#include "loader/dataset/places.h"
#include "loader/file.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

struct InputFolders {
  std::set<fs::path> whole;   ///< searched with their sub-folders
  std::set<fs::path> beside;  ///< only their own files are read
};

InputFolders folders_of(const Dataset& dataset) {
  InputFolders out;
  const bool is_npc = dataset.layout == "npc";
  out.beside.insert(dataset.root);
  out.beside.insert(dataset.table_folders.begin(), dataset.table_folders.end());
  if (is_npc) out.whole.insert(dataset.table_folders.front());  // the patients'
  for (const CaseFiles& files : dataset.cases) {
    if (is_npc) out.whole.insert(files.folder);
    for (const ChannelFiles& channel : files.channels)
      for (const fs::path& path : {channel.image, channel.mask}) {
        if (path.empty()) continue;
        const fs::path parent = path.parent_path();
        const bool is_own = dataset.layout == "nnunet" && parent.parent_path() == dataset.root;  // imagesTr
        if (is_folder(path))
          out.whole.insert(path);
        else
          (is_own ? out.whole : out.beside).insert(parent);
      }
  }
  return out;
}

}  // namespace

void refuse_output_among(const Dataset& dataset, const fs::path& out, const std::string& what) {
  std::error_code ignored;
  const fs::path there = fs::weakly_canonical(fs::absolute(out), ignored);
  const auto refuse = [&](const char* relation, const fs::path& folder) {
    throw UsageError(Fault{out.string(),
                           "folder for " + what,
                           relation + folder.string() + ", where the input lies",
                           "a folder of its own outside",
                           {}});
  };
  const InputFolders folders = folders_of(dataset);
  for (const fs::path& folder : folders.whole)
    if (is_folder(folder) && is_within(there, canonical_path(folder))) refuse("within ", folder);
  for (const fs::path& folder : folders.beside)
    if (is_folder(folder) && there == canonical_path(folder)) refuse("", folder);
}

}  // namespace trivox
