#include "loader/dataset/source.h"

#include <algorithm>

#include "loader/file.h"
#include "loader/json.h"

namespace trivox {

namespace {

bool is_numbered(const CaseFiles& files) {
  return files.id.size() == 3 && std::ranges::all_of(files.id, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

DatasetSource find_source(const Dataset& dataset) {
  const auto has = [&](const char* name) {
    return std::ranges::any_of(dataset.table_folders,
                               [&](const auto& folder) { return is_file(folder / name); });
  };
  if (dataset.layout == "npc") {
    if (has("truth.json")) return {"trivox phantom", "", ""};
    // Any hospital may call a table so; all three beside 001, 002, ... are that dataset's.
    if (has("info_diagnoses.csv") && has("morphological_parameters.csv") && has("meta_data.csv") &&
        std::ranges::all_of(dataset.cases, is_numbered))
      return {"NPC MRI dataset (primary nasopharyngeal carcinoma, 277 patients)", "10.5281/zenodo.13131827",
              "CC BY 4.0"};
    return {};
  }
  DatasetSource source;
  if (!is_file(dataset.root / "dataset.json")) return source;
  const std::vector<std::byte> bytes = read_file(dataset.root / "dataset.json");
  const json::Json all = with_path((dataset.root / "dataset.json").string(), [&] {
    return json::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
  if (!all.is_object()) return source;
  const auto text = [&](const char* key) {
    const auto found = all.find(key);
    return found != all.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  source.name = text("name");
  source.licence = text("licence").empty() ? text("license") : text("licence");
  source.doi = text("doi");
  return source;
}

}  // namespace trivox
