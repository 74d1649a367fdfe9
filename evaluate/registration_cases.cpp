#include "evaluate/registration_cases.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <exception>

#include "loader/patient.h"
#include "transforms/error.h"
#include "transforms/normalise.h"
#include "transforms/resample.h"
#include "transforms/resample_labels.h"

namespace trivox {
namespace {

Sequence read_channel(const CaseFiles& files, const std::string& name, const DatasetOptions& options) {
  const auto channel = std::ranges::find(files.channels, name, &ChannelFiles::name);
  if (channel == files.channels.end()) throw Error("sequence " + name, "absent", "one of the case's");
  return read_sequence(files, *channel, options);
}

Volume<uint8_t> laid_on(const Sequence& sequence, const Grid& grid, const Eigen::Matrix4d& transform) {
  return sequence.mask ? resample_labels(*sequence.mask, grid, transform) : Volume<uint8_t>{};
}

RegistrationPictures picture(const CaseRegistration& one, const CaseFiles& files,
                             const DatasetOptions& options) {
  const Sequence reference = read_channel(files, one.reference, options),
                 moving = read_channel(files, one.sequence, options);
  const Grid& grid = reference.image.grid;
  const auto air = static_cast<float>(measure_body(moving.image).intensity.raw_air());
  const auto image = [&](const Eigen::Matrix4d& transform) {
    return resample(moving.image, grid, transform, Interpolation::kLinear, air).image;
  };
  const Eigen::Matrix4d header = Eigen::Matrix4d::Identity();
  const PairMasks masks = {laid_on(reference, grid, header), laid_on(moving, grid, header),
                           laid_on(moving, grid, one.record.found)};
  return registration_pictures(one.id, one.sequence, reference.image, image(header), image(one.record.found),
                               masks);
}

}  // namespace

std::vector<RegistrationPictures> picture_registrations(std::span<const CaseRegistration> chosen,
                                                        const Dataset& dataset,
                                                        const DatasetOptions& options) {
  std::vector<RegistrationPictures> out(chosen.size());
  tbb::parallel_for(size_t{0}, chosen.size(), [&](size_t i) {
    const auto files = std::ranges::find(dataset.cases, chosen[i].id, &CaseFiles::id);
    try {
      if (files == dataset.cases.end()) throw Error("case " + chosen[i].id, "absent", "there as before");
      out[i] = picture(chosen[i], *files, options);
    } catch (const std::exception& error) {  // of any kind: a picture less must not end the run
      out[i] = {chosen[i].id, chosen[i].sequence, {}, {}, error.what()};
    }
  });
  return out;
}

}  // namespace trivox
