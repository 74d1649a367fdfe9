#include <utility>

#include "loader/patch_sampler.h"
#include "loader/sample_json.h"
#include "transforms/error.h"

namespace trivox {
namespace {

// What the function object of the CaseSource keeps alive.
struct ShardCases {
  std::shared_ptr<const ShardSet> shards;
  std::vector<size_t> samples;
  std::vector<std::vector<float>> air;
};

template <class T>
std::span<const T> elements(const NpyView& view) {
  if (reinterpret_cast<uintptr_t>(view.data.data()) % alignof(T) != 0)
    throw Error("npy data", "not aligned",
                "a multiple of " + std::to_string(alignof(T)) + " bytes into the shard");
  return {reinterpret_cast<const T*>(view.data.data()), view.data.size() / sizeof(T)};
}

void check_rank(const NpyView& view, const char* what) {
  if (view.shape.size() != 4)
    throw Error(std::string(what) + "'s dimensions", std::to_string(view.shape.size()), "4");
}

SourceView view_of(const ShardCases& cases, size_t i) {
  const size_t sample = cases.samples[i];
  const NpyView image = cases.shards->image(sample);
  const NpyView label = cases.shards->label(sample);
  check_rank(image, "image");
  SourceView view;
  view.size = {image.shape[3], image.shape[2], image.shape[1]};
  view.channels = image.shape[0];
  view.air = cases.air[i];
  if (image.type == NpyType::kFloat32)
    view.float32 = elements<float>(image);
  else if (image.type == NpyType::kFloat16)
    view.float16 = elements<uint16_t>(image);
  else
    throw Error("image's type", "uint8", "float16 or float32");
  if (!label.shape.empty()) {
    check_rank(label, "label");
    if (label.type != NpyType::kUint8) throw Error("label's type", "not uint8", "uint8");
    for (size_t a = 1; a < 4; ++a)
      if (label.shape[a] != image.shape[a])
        throw Error("label's side", std::to_string(label.shape[a]),
                    std::to_string(image.shape[a]) + " as the image's");
    view.labels = label.shape[0];
    view.label = elements<uint8_t>(label);
  }
  return view;
}

}  // namespace

CaseSource shard_cases(std::shared_ptr<const ShardSet> shards, std::span<const size_t> samples) {
  auto cases = std::make_shared<ShardCases>();
  cases->shards = std::move(shards);
  cases->samples.assign(samples.begin(), samples.end());
  CaseSource source;
  const auto& entries = cases->shards->manifest().samples;
  for (const size_t sample : samples) {
    if (sample >= entries.size())
      throw Error("index of a sample", std::to_string(sample), "below " + std::to_string(entries.size()));
    const SampleEntry& entry = entries[sample];
    source.keys.push_back(entry.key);
    try {
      const Sample described = sample_from_json(cases->shards->json(sample));
      std::vector<float> air;
      for (const ChannelProvenance& channel : described.channels)
        air.push_back(static_cast<float>(channel.air));
      if (std::cmp_not_equal(air.size(), entry.image_shape.at(0)))
        throw Error("channels in the sample's json", std::to_string(air.size()),
                    std::to_string(entry.image_shape[0]));
      cases->air.push_back(std::move(air));
    } catch (const Error& error) {
      throw error.with_path(entry.shard).in("case " + entry.key);
    }
  }
  source.view = [cases = std::shared_ptr<const ShardCases>(std::move(cases))](size_t i) {
    return view_of(*cases, i);
  };
  return source;
}

}  // namespace trivox
