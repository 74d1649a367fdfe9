#include "loader/phantom/phantom.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <mutex>
#include <tuple>

#include "loader/file.h"
#include "loader/json.h"
#include "loader/nifti.h"
#include "loader/phantom/alteration.h"
#include "loader/phantom/protocol.h"
#include "transforms/error.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;
using namespace phantom;
using json::Json;

constexpr const char* kGenerator = "trivox phantom";
constexpr const char* kTruth = "truth.json";
constexpr double kVolumeStepMm = 0.75;

Json json_of(const Eigen::Vector3d& v) { return {v.x(), v.y(), v.z()}; }

const char* name_of(Tissue tissue) {
  switch (tissue) {
    case Tissue::kTumour:
      return "tumour";
    case Tissue::kLymphoid:
      return "lymphoid";
    case Tissue::kFibrous:
      return "fibrous";
    default:
      return "proteinaceous";
  }
}

Json describe(const SeriesPlan& series, size_t s, const Eigen::Matrix4d& head_to_reference,
              const Anatomy& anatomy, const Morphology& size) {
  const Acquisition& a = series.acquisition;
  const Eigen::Matrix4d head_to_native = series.reference_to_native * head_to_reference;
  const Eigen::Vector3d marker = (head_to_native * anatomy.marker().cast<double>().homogeneous()).head<3>();
  Json intensity;
  for (const Lesion& lesion : anatomy.lesions().all)
    intensity[name_of(lesion.tissue)] = a.intensity[static_cast<size_t>(lesion.tissue)];
  Json j;
  j["folder"] = kSequenceNames[s].folder;
  j["mask"] = kSequenceNames[s].mask;
  j["size"] = {a.grid.size[0], a.grid.size[1], a.grid.size[2]};
  j["affine_ras_mm"] = json::from_matrix(a.grid.affine);
  j["reference_to_native"] = json::from_matrix(series.reference_to_native);
  j["motion_mm"] = series.motion_mm;
  j["motion_deg"] = series.motion_deg;
  j["marker_ras_mm"] = json_of(marker);
  j["mask_volume_mm3"] = size.volume_mm3;
  j["signal"] = intensity;
  j["gain"] = a.gain;
  j["noise_sd"] = a.noise;
  j["noise_fraction"] = series.noise_fraction;
  j["bias_depth"] = a.bias.depth;
  j["echo_time_ms"] = series.header.echo_time_ms;
  j["repetition_time_ms"] = series.header.repetition_time_ms;
  j["slice_thickness_mm"] = kSliceThicknessMm;
  j["slice_spacing_mm"] = kSliceSpacingMm;
  j["reported_spacing_mm"] = series.header.reported_spacing_mm;
  j["rescale_slope"] = series.header.rescale_slope.value_or(1);
  j["series_uid"] = series.header.series_uid;
  j["files_in_geometric_order"] = series.files;
  return j;
}

struct Written {
  TableRow row;
  Json truth;
};

Written write_patient(const fs::path& segments, const PhantomOptions& options, uint32_t patient,
                      std::string_view defect, std::string_view oddity) {
  const PatientPlan plan = plan_patient(options, patient);
  const fs::path folder = segments / plan.folder;
  struct Task {
    size_t sequence;
    int64_t k;
  };
  std::vector<Task> tasks;
  std::array<Volume<uint8_t>, kSequences> masks;
  for (size_t s = 0; s < kSequences; ++s) {
    make_output_folder(folder / kSequenceNames[s].folder);
    const Grid& grid = plan.series[s].acquisition.grid;
    masks[s] = Volume<uint8_t>(grid, 1);
    for (int64_t k = 0; k < grid.size[2]; ++k) tasks.push_back({s, k});
  }
  tbb::parallel_for(size_t{0}, tasks.size(), [&](size_t i) {
    const auto [s, k] = tasks[i];
    const SeriesPlan& series = plan.series[s];
    const auto n = static_cast<size_t>(k);
    const Slice slice = render_slice(plan.anatomy, series.acquisition, k);
    write_dicom_slice(folder / kSequenceNames[s].folder / series.files[n], series.header,
                      series.acquisition.grid, k, series.instance_numbers[n], series.instance_uids[n],
                      slice.pixels);
    std::copy(slice.mask.begin(), slice.mask.end(),
              masks[s].data.begin() + static_cast<std::ptrdiff_t>(n * slice.mask.size()));
  });

  Written out;
  out.row = {patient, plan.folder, plan.scanner, {}};
  Eigen::Vector3d centroid;
  const double volume = plan.anatomy.tumour_volume_mm3(kVolumeStepMm, centroid);
  centroid = (plan.head_to_reference * centroid.homogeneous()).head<3>();
  Json& truth = out.truth;
  truth["id"] = plan.folder;
  truth["defect"] = defect;
  truth["oddity"] = oddity;
  truth["tumour_volume_mm3"] = volume;
  truth["tumour_centroid_ras_mm"] = json_of(centroid);
  truth["head_to_reference"] = json::from_matrix(plan.head_to_reference);
  truth["slab_shift_mm"] = plan.slab_shift_mm;
  truth["scanner"] = plan.scanner->model;
  for (size_t s = 0; s < kSequences; ++s) {
    write_mask(folder / kSequenceNames[s].mask, masks[s]);
    out.row.size[s] = measure(masks[s]);
    truth["sequences"].push_back(
        describe(plan.series[s], s, plan.head_to_reference, plan.anatomy, out.row.size[s]));
  }
  for (const std::string_view name : {defect, oddity})
    if (!name.empty()) alter(folder, plan, name);
  return out;
}

void check(const PhantomOptions& options) {
  const auto refuse = [](const char* what, const std::string& found, const char* expected) {
    throw UsageError(what, found, expected);
  };
  if (options.patients < 0) refuse("patients", std::to_string(options.patients), ">= 0");
  if (options.first_id < 1) refuse("first-id", std::to_string(options.first_id), ">= 1");
  if (options.size != "tiny" && options.size != "demo" && options.size != "full")
    refuse("size", options.size, "tiny, demo or full");
  for (const auto& [what, name, known] : {std::tuple{"defect", &options.defect, &phantom_defects()},
                                          std::tuple{"oddity", &options.oddity, &phantom_oddities()}})
    if (!name->empty() && *name != "all" &&
        std::none_of(known->begin(), known->end(), [&](const auto& a) { return a.name == *name; }))
      refuse(what, *name, "one of those in trivox phantom --help, or all");
}

bool is_phantom_folder(const fs::path& root) {
  if (!fs::is_regular_file(root / kTruth)) return false;
  const auto bytes = read_file(root / kTruth);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  const Json truth = Json::parse(text, text + bytes.size(), nullptr, false);
  return truth.is_object() && truth.value("generator", "") == kGenerator;
}

// An earlier phantom gives way; anything else in the folder is somebody's.
void make_room(const fs::path& root) {
  make_output_folder(root);
  if (fs::is_empty(root)) return;
  if (!is_phantom_folder(root))
    throw Error(Fault{root.string(), "output folder", "not empty and not a phantom", "an empty folder", {}});
  fs::remove_all(root / "data" / "MRI-Segments");
}

}  // namespace

void write_phantoms(const fs::path& root, const PhantomOptions& options,
                    const std::function<void(size_t, size_t, const std::string&)>& progress) {
  check(options);
  make_room(root);
  Json truth;
  truth["generator"] = kGenerator;
  truth["seed"] = options.seed;
  truth["size"] = options.size;
  truth["motion"] = options.motion;
  truth["complete"] = false;  // a killed run leaves a folder that the next one may replace
  write_file_atomically(root / kTruth, truth.dump(1));

  std::vector<std::string_view> defects(static_cast<size_t>(options.patients));
  for (const PhantomAlteration& defect : phantom_defects())
    if (options.defect == "all" || options.defect == defect.name) defects.push_back(defect.name);
  std::vector<std::string_view> oddities(defects.size());
  for (const PhantomAlteration& oddity : phantom_oddities())
    if (options.oddity == "all" || options.oddity == oddity.name) oddities.push_back(oddity.name);
  defects.resize(oddities.size());

  std::vector<Written> written(defects.size());
  std::mutex report;
  size_t done = 0;
  // Asked for by hand, a number above the cores is granted too; the bytes are the same.
  const size_t allowed = tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                  options.threads > 0 ? static_cast<size_t>(options.threads) : allowed);
  tbb::task_arena arena(options.threads > 0 ? options.threads : tbb::task_arena::automatic);
  arena.execute([&] {
    tbb::parallel_for(size_t{0}, defects.size(), [&](size_t i) {
      written[i] = write_patient(root / "data" / "MRI-Segments", options,
                                 static_cast<uint32_t>(options.first_id) + static_cast<uint32_t>(i),
                                 defects[i], oddities[i]);
      const std::lock_guard lock(report);
      if (progress) progress(++done, defects.size(), "patient " + written[i].row.folder);
    });
  });

  std::vector<TableRow> rows;
  truth["patients"] = Json::array();
  for (Written& one : written) {
    rows.push_back(one.row);
    truth["patients"].push_back(std::move(one.truth));
  }
  write_file_atomically(root / "info_diagnoses.csv", diagnoses_csv(rows, options.seed));
  write_file_atomically(root / "morphological_parameters.csv", morphology_csv(rows));
  write_file_atomically(root / "meta_data.csv", scanners_csv(rows));
  truth["complete"] = true;
  write_file_atomically(root / kTruth, truth.dump(1) + "\n");
}

}  // namespace trivox
