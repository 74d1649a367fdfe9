#include "cli/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <sstream>
#include <type_traits>

#include "loader/file.h"
#include "transforms/error.h"

namespace trivox {
namespace {

// ---------------------------------------------------------------- values

std::string text_of(const YAML::Node& node) {
  YAML::Emitter out;
  out << YAML::Flow << node;
  return out.c_str();
}

// Shortest text that reads back to the same number, so that a dump loses nothing.
template <class T>
std::string number_text(T value) {
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

bool parse_value(const YAML::Node& node, SeriesRule& rule);

template <class T>
bool parse_value(const YAML::Node& node, T& value) {
  if constexpr (requires {
                  value.low;
                  value.high;
                }) {  // Range
    std::array<double, 2> pair{};
    if (!parse_value(node, pair) || pair[0] > pair[1]) return false;
    value.low = pair[0];
    value.high = pair[1];
    return true;
  } else if constexpr (requires { typename T::mapped_type; }) {
    if (!node.IsMap()) return false;
    value.clear();
    for (const auto& entry : node) {
      typename T::key_type k{};
      typename T::mapped_type v{};
      if (!parse_value(entry.first, k) || !parse_value(entry.second, v)) return false;
      value[k] = v;
    }
    return true;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!node.IsScalar()) return false;
    value = node.Scalar();
    return true;
  } else if constexpr (requires { value.push_back(typename T::value_type{}); }) {
    if (!node.IsSequence()) return false;
    T items;
    for (const auto& child : node) {
      typename T::value_type item{};
      if (!parse_value(child, item)) return false;
      items.push_back(std::move(item));
    }
    value = std::move(items);
    return true;
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    if (!node.IsSequence() || node.size() != value.size()) return false;
    for (size_t i = 0; i < value.size(); ++i)
      if (!parse_value(node[i], value[i])) return false;
    return true;
  } else {
    try {
      value = node.as<T>();
    } catch (const YAML::Exception&) {
      return false;
    }
    if constexpr (std::is_floating_point_v<T>) return std::isfinite(value);
    return true;
  }
}

bool parse_value(const YAML::Node& node, SeriesRule& rule) {
  if (!node.IsMap()) return false;
  const auto range = [](const YAML::Node& given, std::optional<Range>& into) {
    return parse_value(given, into.emplace());
  };
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const bool fine = key == "folder"        ? parse_value(entry.second, rule.folder)
                      : key == "description" ? parse_value(entry.second, rule.description)
                      : key == "image_type"  ? parse_value(entry.second, rule.image_type)
                      : key == "modality"    ? parse_value(entry.second, rule.modality)
                      : key == "te_ms"       ? range(entry.second, rule.te_ms)
                      : key == "tr_ms"       ? range(entry.second, rule.tr_ms)
                                             : false;
    if (!fine) return false;
  }
  return true;
}

template <class T>
std::string kind_of() {
  if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::is_integral_v<T>)
    return "a whole number";
  else if constexpr (std::is_floating_point_v<T>)
    return "a number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "a text";
  else if constexpr (std::is_same_v<T, Range>)
    return "[low, high] with low <= high";
  else if constexpr (std::is_same_v<T, std::map<std::string, SeriesRule>>)
    return "channel: {description, image_type, modality, folder: a text each, te_ms, tr_ms: [low, high]}";
  else if constexpr (requires { typename T::mapped_type; })
    return "a map of value: name";
  else if constexpr (requires { std::tuple_size<T>::value; })
    return "a list of " + std::to_string(std::tuple_size_v<T>) + " entries, each " +
           kind_of<typename T::value_type>();
  else
    return "a list, each entry " + kind_of<typename T::value_type>();
}

std::string quoted(const std::string& text) {
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return out.c_str();
}

template <class T>
std::string print_value(const T& value) {
  if constexpr (std::is_same_v<T, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_arithmetic_v<T>)
    return number_text(value);
  else if constexpr (std::is_same_v<T, std::string>)
    return quoted(value);
  else if constexpr (std::is_same_v<T, Range>)
    return print_value(std::array{value.low, value.high});
  else if constexpr (std::is_same_v<T, SeriesRule>) {
    std::string text;
    const auto add = [&](const char* key, const std::string& item) {
      text += (text.empty() ? "" : ", ") + (key + item);
    };
    if (!value.folder.empty()) add("folder: ", quoted(value.folder));
    if (!value.description.empty()) add("description: ", quoted(value.description));
    if (!value.image_type.empty()) add("image_type: ", quoted(value.image_type));
    if (!value.modality.empty()) add("modality: ", quoted(value.modality));
    if (value.te_ms) add("te_ms: ", print_value(*value.te_ms));
    if (value.tr_ms) add("tr_ms: ", print_value(*value.tr_ms));
    return "{" + text + "}";
  } else {
    constexpr bool is_map = requires { typename T::mapped_type; };
    std::string text = is_map ? "{" : "[";
    bool first = true;
    for (const auto& item : value) {
      if (!first) text += ", ";
      first = false;
      if constexpr (is_map)
        text += print_value(item.first) + ": " + print_value(item.second);
      else
        text += print_value(item);
    }
    return text + (is_map ? "}" : "]");
  }
}

// ---------------------------------------------------------------- limits

/// What a field must satisfy besides its type: the text of the demand where it does not, else "".
template <class T>
using Limit = std::function<std::string(const T&)>;

/// Applies a test to a number, or to every number of a list.
template <class T, class Test>
bool holds(const T& value, Test test) {
  if constexpr (std::is_same_v<T, Range>)
    return test(value.low) && test(value.high);
  else if constexpr (std::is_arithmetic_v<T>)
    return test(static_cast<double>(value));
  else
    return std::all_of(value.begin(), value.end(), [&](const auto& v) { return holds(v, test); });
}

template <class T>
Limit<T> above(double low) {
  return [low](const T& v) {
    return holds(v, [low](double x) { return x > low; }) ? "" : "> " + number_text(low);
  };
}
template <class T>
Limit<T> at_least(double low) {
  return [low](const T& v) {
    return holds(v, [low](double x) { return x >= low; }) ? "" : ">= " + number_text(low);
  };
}
template <class T>
Limit<T> between(double low, double high) {
  return [low, high](const T& v) {
    return holds(v, [=](double x) { return x >= low && x <= high; })
               ? ""
               : "between " + number_text(low) + " and " + number_text(high);
  };
}
template <class T>
Limit<T> not_empty(Limit<T> each) {
  return [each](const T& v) { return v.empty() ? std::string("at least one entry") : each(v); };
}
Limit<std::string> one_of(std::vector<std::string> choices) {
  return [choices](const std::string& v) {
    if (std::find(choices.begin(), choices.end(), v) != choices.end()) return std::string();
    std::string text = "one of";
    for (const auto& c : choices) text += (c == choices.front() ? " " : ", ") + (c.empty() ? "\"\"" : c);
    return text;
  };
}

// ---------------------------------------------------------------- the list

struct Field {
  std::string key;  ///< "section.name", or a bare name at the top
  std::string what;
  std::function<void(const YAML::Node&, const std::string& file)> read;
  std::function<std::string()> print;
};

class Fields {
 public:
  template <class T>
  void add(std::string key, T& value, std::string what, Limit<std::type_identity_t<T>> limit = {}) {
    auto read = [key, &value, limit](const YAML::Node& node, const std::string& file) {
      T parsed{};
      std::string expected = parse_value(node, parsed) ? "" : kind_of<T>();
      if (expected.empty() && limit) expected = limit(parsed);
      if (!expected.empty())
        throw UsageError(
            Fault{file + ":" + std::to_string(node.Mark().line + 1), key, text_of(node), expected, {}});
      value = std::move(parsed);
    };
    fields_.push_back({std::move(key), std::move(what), read, [&value] { return print_value(value); }});
  }
  [[nodiscard]] const std::vector<Field>& list() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// Every field of the configuration, once: parsing, validation, help and documentation read this.
Fields fields_of(Config& c) {
  Fields f;
  f.add("seed", c.seed, "of every draw: split, weights, patches, augmentation");

  f.add("threads.feed", c.threads.feed, "threads that read, assemble and augment; 0: all cores",
        at_least<int>(0));
  f.add("threads.torch", c.threads.torch, "LibTorch's threads; 0: all cores", at_least<int>(0));

  f.add("dataset.layout", c.dataset.layout,
        "npc (MRI-Segments/NNN/...), nnunet (imagesTr, labelsTr), table (cases.csv) or auto",
        one_of({"auto", "npc", "nnunet", "table"}));
  f.add("dataset.channels", c.dataset.channels,
        "names in order; []: all of npc, dataset.json's, or the table's");
  f.add("dataset.cases", c.dataset.cases, "only these ids; []: all");
  f.add("dataset.require_masks", c.dataset.require_masks, "false: cases without a mask are read too");
  f.add("dataset.assert_mask_grid", c.dataset.assert_mask_grid,
        "\"series\": a mask that carries no geometry lies on its series' grid", one_of({"", "series"}));
  f.add("dataset.nifti_form", c.dataset.nifti_form,
        "qform or sform: the one taken where a file's two lie more than .2 mm apart",
        one_of({"refuse", "qform", "sform"}));
  f.add("dataset.rater_spacing_mm", c.dataset.rater_spacing_mm,
        "along x, y, z of two raters' TIFF masks, which hold no spacing; 0: millimetres are refused",
        at_least<std::array<double, 3>>(0));
  f.add("dataset.patient_identity", c.dataset.patient_identity,
        "a case whose sequences' headers name two patients: refuse it, or warn", one_of({"refuse", "warn"}));
  f.add("dataset.labels", c.dataset.labels,
        "mask value: name; {}: {1: tumour}, dataset.json's, or of a table {1: foreground}");
  f.add("dataset.series", c.dataset.series,
        "by channel, which DICOM series of several it is: {T2WI: {description: \"*t2*\", te_ms: [60, 130], "
        "tr_ms: [low, high], image_type: \"ORIGINAL*\", modality: MR, folder: \"*T2*\"}}; all that is given "
        "must hold");
  f.add("dataset.philips_scaling", c.dataset.philips_scaling,
        "true: Philips' own floating-point values (ScaleSlope) instead of the rescaled ones");

  f.add("preprocess.reference", c.preprocess.reference,
        "channel whose grid the sample takes; auto: CE-T1WI, else the first");
  f.add("preprocess.spacing_mm", c.preprocess.spacing_mm,
        "along x, y, z of the sample, in mm; 0 keeps the reference's", at_least<std::array<double, 3>>(0));
  f.add("preprocess.crop_to_body", c.preprocess.crop_to_body, "crop to the box of the reference's body mask");
  f.add("preprocess.interpolation", c.preprocess.interpolation,
        "cubic (B-spline; linear across thick slices), linear or nearest",
        one_of({"cubic", "linear", "nearest"}));
  f.add("preprocess.label_policy", c.preprocess.label_policy,
        "reference: the reference's own mask; union: any sequence's", one_of({"reference", "union"}));
  f.add("preprocess.registration", c.preprocess.registration,
        "header: the geometry of the files, nothing else", one_of({"header"}));

  f.add("shards.dtype", c.shards.dtype, "of the stored image: float16 or float32",
        one_of({"float16", "float32"}));
  f.add("shards.samples_per_shard", c.shards.samples_per_shard, "cases in one tar", at_least<int64_t>(1));

  f.add("feed.patch", c.feed.patch, "voxels along x, y, z", at_least<std::array<int64_t, 3>>(1));
  f.add("feed.batch", c.feed.batch, "patches in a batch", at_least<int64_t>(1));
  f.add("feed.foreground", c.feed.foreground, "share of a batch (0 to 1) forced to hold foreground",
        between<double>(0, 1));
  f.add("feed.queue", c.feed.queue, "batches held ready", at_least<int64_t>(1));
  f.add("feed.batches_per_epoch", c.feed.batches_per_epoch, "batches of an epoch", at_least<int64_t>(1));
  f.add("feed.augment", c.feed.augment, "false: plain patches");

  f.add("augment.rotation_probability", c.augment.rotation_probability, "chance of a rotation",
        between<double>(0, 1));
  f.add("augment.rotation_deg", c.augment.rotation_deg,
        "degrees; drawn within +- this, in plane (at most 30 about each axis of an isotropic patch)",
        between<double>(0, 180));
  f.add("augment.scaling_probability", c.augment.scaling_probability, "chance of a scaling",
        between<double>(0, 1));
  f.add("augment.scaling", c.augment.scaling, "factor; above 1 makes objects smaller", above<Range>(0));
  f.add("augment.noise_probability", c.augment.noise_probability, "chance of Gaussian noise",
        between<double>(0, 1));
  f.add("augment.noise", c.augment.noise, "standard deviation, as a share of the image's",
        at_least<Range>(0));
  f.add("augment.gamma_probability", c.augment.gamma_probability, "chance of gamma", between<double>(0, 1));
  f.add("augment.gamma_invert_probability", c.augment.gamma_invert_probability,
        "chance of gamma on the inverted image, before the other", between<double>(0, 1));
  f.add("augment.gamma", c.augment.gamma, "exponent", above<Range>(0));
  f.add("augment.mirror_probability", c.augment.mirror_probability, "chance of a flip, for each axis allowed",
        between<double>(0, 1));
  f.add("augment.mirror_x", c.augment.mirror_x, "flips along voxel axis x allowed");
  f.add("augment.mirror_y", c.augment.mirror_y, "flips along voxel axis y allowed");
  f.add("augment.mirror_z", c.augment.mirror_z, "flips along voxel axis z allowed");

  using Sizes = std::vector<int64_t>;
  using Triples = std::vector<std::array<int64_t, 3>>;
  f.add("model.features", c.model.features, "channels of each stage", not_empty<Sizes>(at_least<Sizes>(1)));
  f.add("model.kernels", c.model.kernels, "voxels along x, y, z, a stage each; the last repeats",
        not_empty<Triples>(at_least<Triples>(1)));
  f.add("model.strides", c.model.strides, "shrinkage along x, y, z, a stage each; the last repeats",
        not_empty<Triples>(at_least<Triples>(1)));
  f.add("model.convolutions", c.model.convolutions, "convolutions of each stage", at_least<int64_t>(1));
  f.add("model.deep_supervision", c.model.deep_supervision, "losses at every resolution");

  f.add("train.channels", c.train.channels, "of the shards', by name, in this order; []: all of them");
  f.add("train.epochs", c.train.epochs, "each of feed.batches_per_epoch steps", at_least<int64_t>(1));
  f.add("train.learning_rate", c.train.learning_rate, "at the start", above<double>(0));
  f.add("train.momentum", c.train.momentum, "Nesterov's, of the gradient descent", between<double>(0, 1));
  f.add("train.weight_decay", c.train.weight_decay, "L2 penalty on every weight", at_least<double>(0));
  f.add("train.poly_exponent", c.train.poly_exponent, "learning rate x (1 - epoch / epochs)^this",
        at_least<double>(0));
  f.add("train.gradient_clip", c.train.gradient_clip, "largest Euclidean norm of all gradients together",
        above<double>(0));
  f.add("train.batch_dice", c.train.batch_dice, "one Dice over the batch instead of one a sample");
  f.add("train.precision", c.train.precision,
        "auto (bfloat16 where the processor has it), float32 or bfloat16",
        one_of({"auto", "float32", "bfloat16"}));
  f.add("train.folds", c.train.folds,
        "parts of the cross-validation over cases; 0 or 1: train and validate on all", at_least<int64_t>(0));
  f.add("train.fold", c.train.fold, "the part held out, from 0", at_least<int64_t>(0));
  f.add("train.validation_batches", c.train.validation_batches,
        "batches scored after each epoch; 0: none, and no checkpoint_best", at_least<int64_t>(0));
  f.add("train.checkpoint_every", c.train.checkpoint_every, "epochs between two writings of checkpoint_last",
        at_least<int64_t>(1));

  f.add("predict.step", c.predict.step, "between tiles, as a share of the patch (above 0, at most 1)",
        [](const double& v) { return v > 0 && v <= 1 ? "" : "> 0 and <= 1"; });
  f.add("predict.mirror", c.predict.mirror,
        "average over the inputs mirrored along the axes that training mirrored");
  f.add("predict.batch", c.predict.batch, "tiles at once", at_least<int64_t>(1));
  return f;
}

std::string section_of(const std::string& key) {
  const size_t dot = key.find('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

bool wanted(const std::string& key, std::span<const std::string_view> sections) {
  if (sections.empty()) return true;
  const std::string section = section_of(key);
  return std::any_of(sections.begin(), sections.end(),
                     [&](std::string_view s) { return s == section || s == key; });
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above_left = diagonal;
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, above_left + (a[i - 1] == b[j - 1] ? 0 : 1)});
    }
  }
  return row.back();
}

[[noreturn]] void refuse_key(const std::string& key, const YAML::Node& node, const std::string& file,
                             const Fields& fields) {
  std::string nearest;
  size_t best = std::numeric_limits<size_t>::max();
  for (const Field& field : fields.list())
    if (const size_t d = edit_distance(key, field.key); d < best) {
      best = d;
      nearest = field.key;
    }
  throw UsageError(Fault{file + ":" + std::to_string(node.Mark().line + 1),
                         "key",
                         "'" + key + "'",
                         "a known key; the nearest is '" + nearest + "'",
                         {}});
}

// A key is a text; YAML also allows lists and maps there.
std::string key_text(const YAML::Node& key, const std::string& file) {
  if (key.IsScalar()) return key.Scalar();
  throw UsageError(
      Fault{file + ":" + std::to_string(key.Mark().line + 1), "key", text_of(key), "a word", {}});
}

void read_node(const YAML::Node& root, const std::string& file, const Fields& fields) {
  if (root.IsNull()) return;
  if (!root.IsMap()) throw UsageError(Fault{file, "configuration", "not a map", "key: value lines", {}});
  std::vector<std::string> seen;
  const auto read_one = [&](const std::string& key, const YAML::Node& name, const YAML::Node& value) {
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      throw UsageError(Fault{
          file + ":" + std::to_string(name.Mark().line + 1), "key '" + key + "'", "given twice", "once", {}});
    seen.push_back(key);
    for (const Field& field : fields.list())
      if (field.key == key) return field.read(value, file);
    refuse_key(key, name, file, fields);
  };
  for (const auto& entry : root) {
    const std::string key = key_text(entry.first, file);
    const bool section = std::any_of(fields.list().begin(), fields.list().end(),
                                     [&](const Field& field) { return section_of(field.key) == key; });
    if (!section) {
      read_one(key, entry.first, entry.second);
    } else if (entry.second.IsMap()) {
      for (const auto& inner : entry.second)
        read_one(key + "." + key_text(inner.first, file), inner.first, inner.second);
    } else if (!entry.second.IsNull()) {
      throw UsageError(Fault{file + ":" + std::to_string(entry.first.Mark().line + 1),
                             "section '" + key + "'",
                             text_of(entry.second),
                             "key: value lines below it",
                             {}});
    }
  }
}

YAML::Node parse_yaml(std::string_view yaml, const std::string& file) {
  try {
    return YAML::Load(std::string(yaml));
  } catch (const YAML::ParserException& problem) {
    throw UsageError(
        Fault{file + ":" + std::to_string(problem.mark.line + 1), "YAML", problem.msg, "valid YAML", {}});
  }
}

// Conditions that hold between fields.
void check_together(const Config& c, const std::string& file) {
  if (c.train.folds > 1 && c.train.fold >= c.train.folds)
    throw UsageError(Fault{file,
                           "train.fold",
                           std::to_string(c.train.fold),
                           "< train.folds, which is " + std::to_string(c.train.folds),
                           {}});
  for (const auto& [value, name] : c.dataset.labels)
    if (value < 1 || value > 254)
      throw UsageError(Fault{file, "dataset.labels", std::to_string(value), "values between 1 and 254", {}});
}

}  // namespace

Config parse_config(std::string_view yaml, const std::string& file_name,
                    std::span<const std::string> overrides) {
  Config config;
  const Fields fields = fields_of(config);
  read_node(parse_yaml(yaml, file_name), file_name, fields);
  for (const std::string& item : overrides) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos)
      throw UsageError(Fault{"--set", item, "without '='", "section.key=value", {}});
    const std::string key = item.substr(0, equals);
    const YAML::Node value = parse_yaml(item.substr(equals + 1), "--set");
    const auto field = std::find_if(fields.list().begin(), fields.list().end(),
                                    [&](const Field& f) { return f.key == key; });
    if (field == fields.list().end()) refuse_key(key, value, "--set", fields);
    field->read(value, "--set");
  }
  check_together(config, file_name);
  return config;
}

Config read_config(const std::filesystem::path& file, std::span<const std::string> overrides) {
  if (file.empty()) return parse_config("", "defaults", overrides);
  std::vector<std::byte> bytes;
  try {
    bytes = read_file(file);
  } catch (const Error& error) {
    throw UsageError(error.fault());
  }
  return parse_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string(), overrides);
}

std::string dump_config(const Config& config, std::span<const std::string_view> sections) {
  Config copy = config;
  std::string text, section;
  const Fields fields = fields_of(copy);
  for (const Field& field : fields.list()) {
    if (!wanted(field.key, sections)) continue;
    const std::string in = section_of(field.key);
    if (in != section) text += in + ":\n";
    section = in;
    text += (in.empty() ? field.key : "  " + field.key.substr(in.size() + 1)) + ": " + field.print() + "\n";
  }
  return text;
}

std::string config_help(std::span<const std::string_view> sections) {
  Config defaults;
  std::ostringstream text;
  text << "Configuration keys (in a YAML file, or --set key=value), their defaults and meaning:\n";
  const Fields fields = fields_of(defaults);
  for (const Field& field : fields.list())
    if (wanted(field.key, sections))
      text << "  " << field.key << " = " << field.print() << "\n      " << field.what << "\n";
  return text.str();
}

}  // namespace trivox
