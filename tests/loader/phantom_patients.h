#pragma once
// Phantom patients as the loader reads them, with what chance decided.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "loader/patient.h"
#include "loader/phantom/phantom.h"
#include "tests/test.h"
#include "transforms/normalise.h"

namespace trivox::test {

/// Written into a folder that goes with it.
class PhantomPatients {
 public:
  PhantomPatients(const std::string& size, int patients, uint64_t seed, bool has_motion) {
    PhantomOptions options;
    options.size = size;
    options.patients = patients;
    options.seed = seed;
    options.motion = has_motion;
    write_phantoms(root(), options, {});
    truth_ = nlohmann::json::parse(std::ifstream(root() / "truth.json"));
  }
  [[nodiscard]] fs::path root() const { return folder_ / "set"; }
  [[nodiscard]] fs::path folder_of(const std::string& id) const { return root() / "data/MRI-Segments" / id; }
  [[nodiscard]] Patient read(const std::string& id) const {
    for (const CaseFiles& files : find_dataset(root(), {}).cases)
      if (files.id == id) return read_patient(files, {});
    throw std::runtime_error("no patient " + id);
  }
  /// RAS+ mm of CE-T1WI to RAS+ mm of the sequence.
  [[nodiscard]] Eigen::Matrix4d reference_to_native(const std::string& id,
                                                    const std::string& sequence) const {
    for (const auto& patient : truth_["patients"])
      for (const auto& one : patient["sequences"])
        if (patient["id"] == id && one["folder"] == sequence) {
          Eigen::Matrix4d out;
          for (int i = 0; i < 4; ++i)
            for (int j = 0; j < 4; ++j)
              out(i, j) = one["reference_to_native"][static_cast<size_t>(i)][static_cast<size_t>(j)];
          return out;
        }
    throw std::runtime_error("no truth about " + id + " " + sequence);
  }

 private:
  TemporaryFolder folder_;
  nlohmann::json truth_;
};

/// Some thousand voxels of the image's body, RAS+ mm.
inline std::vector<Eigen::Vector3d> body_points(const Volume<float>& image) {
  const Volume<uint8_t> body = body_mask(image);
  const auto& n = image.grid.size;
  std::vector<Eigen::Vector3d> out;
  for (int64_t i = 0; i < image.grid.voxels(); i += 1 + image.grid.voxels() / 10007)
    if (body.data[static_cast<size_t>(i)] != 0)
      out.push_back(image.grid.to_world({static_cast<double>(i % n[0]), static_cast<double>(i / n[0] % n[1]),
                                         static_cast<double>(i / (n[0] * n[1]))}));
  return out;
}

/// Mean and largest distance of two transforms over points.
struct Distance {
  double mean_mm = 0, most_mm = 0;
};
inline Distance distance_over(const std::vector<Eigen::Vector3d>& points, const Eigen::Matrix4d& a,
                              const Eigen::Matrix4d& b = Eigen::Matrix4d::Identity()) {
  Distance out;
  for (const Eigen::Vector3d& p : points) {
    const double distance = ((a - b) * p.homogeneous()).head<3>().norm();
    out.mean_mm += distance / static_cast<double>(points.size());
    out.most_mm = std::max(out.most_mm, distance);
  }
  return out;
}

}  // namespace trivox::test
