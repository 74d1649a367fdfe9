#include "loader/assemble.h"
#include "loader/dicom/select.h"
#include "tests/bench/measured.h"
#include "transforms/error.h"

namespace trivox::bench {
namespace {

namespace fs = std::filesystem;

/// The first case of the dataset, without its masks: no peer moves any.
CaseFiles first_case(const fs::path& data, const DatasetOptions& options) {
  const Dataset dataset = find_dataset(data, options);
  if (dataset.cases.empty()) throw Error(Fault{data.string(), "cases", "none", "one", {}});
  CaseFiles files = dataset.cases.front();
  for (ChannelFiles& channel : files.channels) channel.mask.clear();
  return files;
}

DatasetOptions without_masks() {
  DatasetOptions options;
  options.require_masks = false;
  return options;
}

/// registration: "none", or "auto" for sequences that are registered to the reference.
void assemble_with(benchmark::State& state, const fs::path& data, const char* interpolation,
                   const char* registration) {
  const DatasetOptions dataset = without_masks();
  const CaseFiles files = first_case(data, dataset);
  AssembleOptions options;
  options.crop_to_body = false;  // the peers keep the whole grid
  options.interpolation = interpolation;
  CoregistrationOptions how;
  how.reference = registration;
  size_t voxels = 0;
  for (auto _ : state) {
    const Sample sample = coregister_and_assemble(read_patient(files, dataset), options, how);
    benchmark::DoNotOptimize(sample.image.data.data());
    voxels = sample.image.data.size();
    for (const ChannelProvenance& channel : sample.channels)
      if (how.reference != "none" && channel.alignment != "refined" && channel.alignment != "reference")
        throw Error(data.string(), channel.name + " is " + channel.alignment, "refined");
  }
  state.counters["work"] = static_cast<double>(voxels);
}

}  // namespace

void read(benchmark::State& state, const fs::path& data) {
  const CaseFiles files = first_case(data, without_masks());
  size_t voxels = 0;
  for (auto _ : state) {
    std::vector<NativeVolume> images;  // held together, as the peer holds its own
    voxels = 0;
    for (const ChannelFiles& channel : files.channels) {
      images.push_back(read_dicom_native(find_dicom_series(channel.image)));
      voxels += std::visit([](const auto& image) { return image.data.size(); }, images.back().stored);
    }
    benchmark::DoNotOptimize(images.data());
  }
  state.counters["work"] = static_cast<double>(voxels);
}

void read_float(benchmark::State& state, const fs::path& data) {
  const DatasetOptions options = without_masks();
  const CaseFiles files = first_case(data, options);
  size_t voxels = 0;
  for (auto _ : state) {
    const Patient patient = read_patient(files, options);
    voxels = 0;
    for (const Sequence& sequence : patient.sequences) voxels += sequence.image.data.size();
    benchmark::DoNotOptimize(patient.sequences.data());
  }
  state.counters["work"] = static_cast<double>(voxels);
}

void assemble_linear(benchmark::State& state, const fs::path& data) {
  assemble_with(state, data, "linear", "none");
}

void assemble_cubic(benchmark::State& state, const fs::path& data) {
  assemble_with(state, data, "cubic", "none");
}

void preprocess(benchmark::State& state, const fs::path& data) {
  assemble_with(state, data, "linear", "auto");
}

void list(benchmark::State& state, const fs::path& data) {
  size_t listed = 0;
  for (auto _ : state) {
    listed = 0;
    for (const CaseFiles& files : find_dataset(data, without_masks()).cases)
      for (const ChannelFiles& channel : files.channels)
        listed += find_dicom_series(channel.image).files.size();
  }
  state.counters["work"] = static_cast<double>(listed);
}

}  // namespace trivox::bench
