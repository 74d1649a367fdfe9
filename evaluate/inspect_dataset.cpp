#include "evaluate/inspect_dataset.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "evaluate/inspect_case.h"
#include "evaluate/inspect_series.h"
#include "evaluate/picture.h"
#include "evaluate/statistics.h"
#include "loader/file.h"
#include "loader/manifest.h"
#include "loader/shard.h"
#include "loader/shard/writer.h"
#include "loader/text.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

std::string range_text(std::vector<double> values, int digits) {
  std::sort(values.begin(), values.end());
  return fixed(quantile(values, 0.5), digits) + " (" + fixed(values.front(), digits) + " to " +
         fixed(values.back(), digits) + ")";
}

// Median (least to largest) over the cases of what is a number, channel by channel.
std::vector<Fact> geometry_summary(const std::vector<CaseFinding>& cases) {
  std::vector<std::pair<std::string, std::vector<double>>> columns;
  const auto add = [&](const std::string& name, double value) {
    auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.first == name; });
    if (found == columns.end()) found = columns.insert(columns.end(), {name, {}});
    found->second.push_back(value);
  };
  for (const CaseFinding& one : cases)
    for (const SeriesFinding& series : one.series) {
      if (series.fault || !series.refusal.empty() || !series.chosen) continue;
      const SliceView view = slice_view(series.grid);
      add(series.name + ": matrix", static_cast<double>(view.width()));
      add(series.name + ": pixel mm", series.grid.spacing_mm()[view.column_axis]);
      for (const Fact& fact : series.facts)
        if (fact.number) add(series.name + ": " + fact.name, *fact.number);
    }
  std::vector<Fact> out;
  for (const auto& [name, values] : columns) {
    const bool whole = std::all_of(values.begin(), values.end(), [](double v) { return v == std::floor(v); });
    out.push_back({name, range_text(values, whole ? 0 : 2)});
  }
  return out;
}

/// How many cases there are and how many of them cannot be used, by names or by what was looked at.
void add_counts(const Dataset& dataset, Finding& finding) {
  std::set<std::string> all, unusable;
  for (const CaseFailure& failure : dataset.failures) unusable.insert(failure.id);
  for (const CaseFinding& one : finding.cases) {
    all.insert(one.id);
    if (!usable(one)) unusable.insert(one.id);
  }
  all.insert(unusable.begin(), unusable.end());
  finding.facts.push_back({"layout", dataset.layout});
  const fs::path& place = dataset.list.empty() ? dataset.table_folders.front() : dataset.list;
  finding.facts.push_back({"read from", place.string()});
  finding.facts.push_back(number_fact("cases", static_cast<double>(all.size()), 0));
  finding.facts.push_back(number_fact("cases that cannot be used", static_cast<double>(unusable.size()), 0));
}

}  // namespace

Finding inspect_dataset(const fs::path& root, const DatasetOptions& options, InspectDepth depth) {
  DatasetOptions all = options;
  all.cases.clear();
  const Dataset dataset = find_dataset(root, all);
  all.labels = dataset.labels;
  Finding finding;
  finding.kind = PathKind::kDataset;
  finding.failures = dataset.failures;
  finding.notes = dataset.notes;
  for (std::string& note : archive_notes(dataset)) finding.notes.push_back(std::move(note));
  std::set<std::string> asked;
  for (const std::string& id : options.cases) asked.insert(normalised(id));
  // One patient's folder: the case itself was asked for.
  const bool is_patient = dataset.cases.size() == 1 && is_folder(root) &&
                          canonical_path(dataset.cases[0].folder) == canonical_path(root);
  if (is_patient && dataset.layout == "npc") asked.insert(normalised(dataset.cases[0].id));
  finding.cases.resize(dataset.cases.size());
  tbb::parallel_for(size_t{0}, dataset.cases.size(), [&](size_t i) {
    const CaseFiles& files = dataset.cases[i];
    const bool is_asked = asked.contains(normalised(files.id));
    finding.cases[i] = inspect_case(files, all, is_asked ? depth : InspectDepth::kHeaders);
    try {
      check_key(files.id);
    } catch (const Error& error) {
      finding.cases[i].refusals.emplace_back(error.what());
    }
  });
  std::set<std::string> known;
  for (const CaseFinding& one : finding.cases) known.insert(normalised(one.id));
  for (const CaseFailure& one : finding.failures) known.insert(normalised(one.id));
  for (const std::string& id : options.cases)
    if (!known.contains(normalised(id)))
      throw Error("case " + id, "not in the dataset", "one of its cases").with_path(root.string());
  add_counts(dataset, finding);
  if (!std::ranges::all_of(finding.cases, &CaseFinding::looked_into))
    finding.facts.push_back({"checked",
                             "names and headers only; pictures and masks are checked with --case ID or by "
                             "preprocess"});
  for (Fact& fact : geometry_summary(finding.cases)) finding.facts.push_back(std::move(fact));
  finding.tables = inspect_tables(dataset, finding.notes, options.text_encoding);
  return finding;
}

Finding inspect_shards(const fs::path& folder) {
  const ShardSet shards(read_manifest(folder));
  const Manifest& manifest = shards.manifest();
  Finding finding;
  finding.kind = PathKind::kShards;
  std::string labels;
  for (const auto& [value, name] : manifest.labels)
    labels.append(labels.empty() ? "" : ", ").append(std::to_string(value)).append(" ").append(name);
  double bytes = 0;
  for (const ShardEntry& shard : manifest.shards) bytes += static_cast<double>(shard.bytes);
  finding.facts = {{"written by", "trivox " + manifest.version},
                   {"source", manifest.source.name},
                   {"channels", joined(manifest.channels)},
                   {"labels", labels},
                   number_fact("samples", static_cast<double>(manifest.samples.size()), 0),
                   number_fact("shards", static_cast<double>(manifest.shards.size()), 0),
                   number_fact("MB", bytes / 1e6, 1)};
  static constexpr std::array<const char*, 3> kAxes = {"depth", "height", "width"};
  for (size_t axis = 0; axis < 3 && !manifest.samples.empty(); ++axis) {
    std::vector<double> sizes;
    for (const SampleEntry& sample : manifest.samples)
      sizes.push_back(static_cast<double>(sample.image_shape.at(axis + 1)));
    finding.facts.push_back({kAxes[axis], range_text(sizes, 0)});
  }
  finding.failures = manifest.quarantined;
  return finding;
}

}  // namespace trivox
