#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "loader/clinical/headers.h"
#include "loader/clinical/values.h"
#include "loader/csv.h"
#include "loader/dataset/layouts.h"
#include "loader/dicom/select.h"
#include "loader/file.h"
#include "loader/text.h"

// A table of cases, cases.csv or any other name: columns id, one per channel with the path of its DICOM
// folder, of a file of a DICOM series or of a NIfTI file, and masks: label (one for all channels) or
// label:CHANNEL. Described in docs/layouts.md.
namespace trivox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kId = "id", kLabel = "label", kLabelOf = "label:";

/// Which columns of a table hold what.
struct Columns {
  size_t id = 0;
  std::vector<std::pair<std::string, size_t>> channels;  ///< those wanted, in order
  std::optional<size_t> label;                           ///< one for all channels
  std::map<std::string, size_t> label_of;                ///< by channel
};

bool is_name_of_table(const fs::path& file) {
  const std::string ending = lower(file.extension().string());
  return ending == ".csv" || ending == ".tsv";
}

/// The table itself.
std::vector<fs::path> places(const fs::path& root, const DatasetOptions&, bool is_root) {
  if (!is_root) return {};
  if (is_file(root) && is_name_of_table(root)) return {root};
  const fs::path table = root / "cases.csv";
  if (is_file(table)) return {table};
  return {};
}

Columns read_columns(const CsvTable& table, const DatasetOptions& options, const fs::path& file,
                     std::vector<std::string>& notes) {
  Columns columns;
  const auto id = find_column(table, kId);
  if (!id)
    throw Error("column \"id\"", "absent: " + joined(table.header.cells), "id, a column per channel, label");
  columns.id = *id;
  columns.label = find_column(table, kLabel);
  std::vector<std::pair<std::string, size_t>> channels;
  std::map<std::string, size_t> labels;
  for (size_t i = 0; i < table.header.cells.size(); ++i) {
    const std::string name(trimmed(table.header.cells[i]));
    if (i == columns.id || i == columns.label) continue;
    if (name.empty()) {  // the rows' numbers, as pandas writes them
      notes.push_back(file.filename().string() + ": " + table.place(table.header, i) +
                      " has no name and is left alone");
      continue;
    }
    const bool is_label = lower(name).starts_with(kLabelOf);
    const std::string channel(is_label ? trimmed(std::string_view(name).substr(kLabelOf.size())) : name);
    const bool is_twice =
        is_label ? !labels.emplace(channel, i).second
                 : std::ranges::any_of(channels, [&](const auto& c) { return c.first == channel; });
    if (is_twice) throw Error(table.place(table.header, i), "there twice", "names that differ");
    if (!is_label) channels.emplace_back(channel, i);
  }
  std::vector<std::string> names;
  for (const auto& [name, at] : channels) names.push_back(name);
  for (const auto& [channel, at] : labels)
    if (std::ranges::find(names, channel) == names.end())
      throw Error(table.place(table.header, at), "the label of no channel",
                  "label:CHANNEL, of " + joined(names));
  if (columns.label && !labels.empty())
    throw Error(table.place(table.header, labels.begin()->second), "beside a column label",
                "one or the other");
  if (channels.empty()) throw Error("columns", joined(table.header.cells), "id, a column per channel, label");
  columns.label_of = std::move(labels);
  if (options.channels.empty()) columns.channels = std::move(channels);
  for (const std::string& wanted : options.channels) {
    const auto at = std::ranges::find(channels, wanted, &std::pair<std::string, size_t>::first);
    if (at == channels.end())
      throw UsageError("dataset.channels", "'" + wanted + "'",
                       "one of " + joined(names) + " as in " + file.string());
    columns.channels.push_back(*at);
  }
  return columns;
}

bool is_nifti(const fs::path& file) {
  const std::string name = file.filename().string();
  return is_file(file) && (name.ends_with(".nii") || name.ends_with(".nii.gz"));
}

bool may_be_dicom_file(const fs::path& file) {
  try {
    return is_dicom_file(file);
  } catch (const Error&) {
    return true;  // reading it says why it cannot be
  }
}

/// Reads the rows into cases.
class Rows {
 public:
  Rows(const CsvTable& table, const Columns& columns, const fs::path& file, const DatasetOptions& options)
      : table_(table), columns_(columns), file_(file), folder_(file.parent_path()), options_(options) {}

  void read(const CsvRow& row, Dataset& dataset) const {
    const std::string id(trimmed(row.cells[columns_.id]));
    if (id.empty())
      return fail(dataset, "row " + std::to_string(row.number), row, columns_.id, "empty", "an id");
    CaseFiles files{id, folder_, {}};
    for (const auto& [channel, column] : columns_.channels) {
      const fs::path image = path_of(row, column);
      if (image.empty())
        return fail(dataset, id, row, column, "empty",
                    "the path of a DICOM folder or file, or of a NIfTI file");
      if (!is_folder(image) && !is_nifti(image) && !may_be_dicom_file(image))
        return fail(
            dataset, id, row, column, found_at(row, column, image),
            "the path of a DICOM folder or file, or of a NIfTI file, from the table's folder on" + hint());
      const auto label = label_column(channel);
      const fs::path mask = label ? path_of(row, *label) : fs::path();
      if (label && mask.empty() && options_.require_masks)
        return fail(dataset, id, row, *label, "empty", "the path of a mask");
      if (!mask.empty() && !is_nifti(mask))
        return fail(dataset, id, row, *label, found_at(row, *label, mask),
                    "the path of a NIfTI file, from the table's folder on");
      files.channels.push_back({channel, image, mask});
    }
    if (options_.require_masks &&
        std::ranges::all_of(files.channels, [](const auto& c) { return c.mask.empty(); }))
      return fail(dataset, id, row, columns_.id, "'" + id + "' without a mask",
                  "one, in a column label or label:CHANNEL");
    dataset.cases.push_back(std::move(files));
  }

 private:
  [[nodiscard]] std::optional<size_t> label_column(const std::string& channel) const {
    if (columns_.label) return columns_.label;
    const auto at = columns_.label_of.find(channel);
    return at == columns_.label_of.end() ? std::nullopt : std::optional(at->second);
  }
  [[nodiscard]] fs::path path_of(const CsvRow& row, size_t column) const {
    const std::string cell(trimmed(row.cells[column]));
    return cell.empty() ? fs::path() : (folder_ / cell).lexically_normal();
  }
  [[nodiscard]] static std::string found_at(const CsvRow& row, size_t column, const fs::path& path) {
    return "'" + row.cells[column] + "', " +
           (is_file(path) ? "a file of another kind" : "where nothing lies");
  }
  /// Every other column is taken for a channel, unless the configuration names them.
  [[nodiscard]] std::string hint() const {
    return options_.channels.empty()
               ? " (dataset.channels says which columns are channels, where not all are)"
               : "";
  }
  void fail(Dataset& dataset, const std::string& id, const CsvRow& row, size_t column,
            const std::string& found, const std::string& expected) const {
    dataset.failures.push_back({id, {file_.string(), table_.place(row, column), found, expected, {}}});
  }

  const CsvTable& table_;
  const Columns& columns_;
  fs::path file_, folder_;
  const DatasetOptions& options_;
};

/// An id in two rows names two patients, or one twice: neither is taken.
void refuse_repeated(Dataset& dataset, const CsvTable& table, const Columns& columns, const fs::path& file) {
  std::map<std::string, std::vector<std::string>> rows;
  for (const CsvRow& row : table.rows)
    rows[std::string(trimmed(row.cells[columns.id]))].push_back(std::to_string(row.number));
  for (const auto& [id, numbers] : rows) {
    if (id.empty() || numbers.size() < 2) continue;
    std::erase_if(dataset.cases, [&](const CaseFiles& c) { return c.id == id; });
    std::erase_if(dataset.failures, [&](const CaseFailure& f) { return f.id == id; });
    dataset.failures.push_back(
        {id, {file.string(), "id '" + id + "'", "in rows " + joined(numbers), "in one row", {}}});
  }
}

Dataset list(const fs::path& place, const DatasetOptions& options) {
  const fs::path file = canonical_path(place);
  Dataset dataset;
  dataset.root = file.parent_path();
  dataset.list = file;
  dataset.labels = options.labels.empty() ? std::map<int, std::string>{{1, "foreground"}} : options.labels;
  const CsvTable table = read_csv(file, options.text_encoding);
  if (!table.encoding.starts_with("UTF"))  // a path that is read wrongly leads nowhere
    dataset.notes.push_back(file.filename().string() + ": its text is read as " + table.encoding +
                            " (dataset.text_encoding names another encoding)");
  const Columns columns =
      with_path(file.string(), [&] { return read_columns(table, options, file, dataset.notes); });
  for (const auto& [channel, column] : columns.channels) dataset.channels.push_back(channel);
  const Rows rows(table, columns, file, options);
  for (const CsvRow& row : table.rows) rows.read(row, dataset);
  refuse_repeated(dataset, table, columns, file);
  return dataset;
}

/// A path by its form alone, for images that are not at hand: from a place (./, ../, /, C:) or of three names
/// and more, in a column named as a sequence of two. Dates (05/Mar/2021), "yes/no" and "see CT/MR" have not
/// the form.
bool has_form_of_path(const std::string& text, bool is_sequence) {
  if (text.find_first_of(" \t:", 2) != std::string::npos) return false;
  std::vector<std::string_view> names;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find_first_of("/\\", at), text.size());
    names.push_back(std::string_view(text).substr(at, end - at));
    at = end + 1;
  }
  const auto is_number = [](std::string_view name) {
    return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::string_view first = names.front();
  if (first.empty() || first == "." || first == ".." || first.ends_with(':'))
    return std::ranges::any_of(names, [](std::string_view name) { return name.size() > 2; });
  const auto numbers = static_cast<size_t>(std::ranges::count_if(names, is_number));
  return names.size() > (is_sequence ? 1 : 2) && !is_number(first) &&
         numbers + (is_sequence ? 0 : 1) < names.size();
}

/// What images and masks are called, or leads to a folder; `is_bare`: a folder's name alone does, which a
/// number is not taken for.
bool names_image(const std::string& text, const fs::path& folder, bool is_bare) {
  const std::string name = lower(text);
  for (const char* end : {".nii", ".nii.gz", ".dcm"})
    if (name.ends_with(end)) return true;
  const bool has_slash = name.find_first_of("/\\") != std::string::npos;
  const bool has_letter = std::ranges::any_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; });
  return (has_slash || is_bare) && has_letter && is_folder((folder / text).lexically_normal());
}

}  // namespace

bool lists_cases(const fs::path& file, std::string_view encoding) {
  const CsvTable table = read_csv(file, encoding);
  const fs::path folder = file.parent_path();
  std::vector<size_t> others;
  size_t meanings = 0;
  std::set<size_t> labels;
  for (size_t c = 0; c < table.header.cells.size(); ++c) {
    const std::string name = lower(trimmed(table.header.cells[c]));
    if (name == kLabel || name.starts_with(kLabelOf)) labels.insert(c);
    const MeaningInfo* info = trivox::read_header(table.header.cells[c]).info;
    if (info == nullptr)
      others.push_back(c);
    else
      meanings += info->meaning != Meaning::kPatient ? 1 : 0;  // age, sex, a scanner's name
  }
  const bool by_form = !labels.empty() || meanings == 0;
  size_t sequences = 0;
  const auto images = static_cast<size_t>(std::ranges::count_if(others, [&](size_t c) {
    std::vector<std::string> others_of_it;
    const bool is_sequence =
        sequence_in(words_of(fold_signs(table.header.cells[c])), others_of_it).has_value() &&
        others_of_it.empty();
    sequences += is_sequence ? 1 : 0;
    size_t filled = 0;
    return std::ranges::all_of(table.rows,
                               [&](const CsvRow& row) {
                                 const std::string cell(trimmed(row.cells[c]));
                                 if (is_missing(cell)) return true;
                                 ++filled;
                                 return names_image(cell, folder, !labels.empty() && !labels.contains(c)) ||
                                        (by_form && has_form_of_path(cell, is_sequence));
                               }) &&
           filled > 0;
  }));
  // One about patients may well say where their images lie, in a column of paths or of folders.
  return images > 0 && (!labels.empty() || images > meanings || (images == meanings && sequences > 0));
}

const DatasetLayout table_layout = {"table", places, nullptr, [](const fs::path&) { return true; }, list};

}  // namespace trivox
