#include "loader/itk_transform.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "loader/checksum.h"
#include "loader/file.h"
#include "loader/text.h"
#include "transforms/error.h"

namespace trivox {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;  // a deformation's field is no text to read here
constexpr std::string_view kMagic = "#Insight Transform File V1.0";
constexpr double kUnit = 1e-3;  // of a versor's length, which float writes with 7 digits

const Eigen::Vector4d kLpsToRas(-1, -1, 1, 1);

using Numbers = std::vector<double>;

/// One of a file, as it is written.
struct Written {
  std::string kind;
  Numbers parameters, fixed;
};

Numbers numbers(std::string_view text, const std::string& what) {
  Numbers out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
      continue;
    }
    const size_t end = std::min(text.find_first_of(" \t", at), text.size());
    double value = 0;
    const auto [stop, code] = std::from_chars(text.data() + at, text.data() + end, value);
    if (code != std::errc() || stop != text.data() + end || !std::isfinite(value))
      throw Error(what, "'" + printable(text.substr(at, end - at)) + "'", "numbers");
    out.push_back(value);
    at = end;
  }
  return out;
}

std::vector<Written> parse_lines(std::string_view text) {
  if (!text.starts_with(kMagic))
    throw Error("content", "no text file of ITK's transforms",
                "'" + std::string(kMagic) + "' as its first line");
  std::vector<Written> all;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const size_t colon = line.find(':');
    const std::string_view key = trimmed(line.substr(0, colon));
    const std::string_view value = colon == std::string_view::npos ? "" : trimmed(line.substr(colon + 1));
    if (key == "Transform") {
      all.push_back({std::string(value), {}, {}});
      continue;
    }
    if ((key != "Parameters" && key != "FixedParameters") || all.empty())
      throw Error("line", "'" + printable(line.substr(0, 60)) + "'",
                  "Transform, then its Parameters and FixedParameters");
    Numbers& list = key == "Parameters" ? all.back().parameters : all.back().fixed;
    if (!list.empty()) throw Error(std::string(key), "given twice", "once a transform");
    list = numbers(value, std::string(key));
  }
  if (all.empty()) throw Error("transform", "absent", "one");
  return all;
}

/// `fixed`: the fewest and the most.
void check_count(const Written& written, size_t parameters, std::array<size_t, 2> fixed) {
  const auto check = [&](const char* what, size_t found, size_t least, size_t most) {
    if (found < least || found > most)
      throw Error(std::string(what) + " of " + written.kind, counted(found, "number"),
                  std::to_string(least) +
                      (most == least ? "" : (most == least + 1 ? " or " : " to ") + std::to_string(most)));
  };
  check("Parameters", written.parameters.size(), parameters, parameters);
  check("FixedParameters", written.fixed.size(), fixed[0], fixed[1]);
}

Eigen::Vector3d triple(const Numbers& from, size_t at) { return {from[at], from[at + 1], from[at + 2]}; }

Eigen::Matrix3d nine(const Numbers& from) {
  Eigen::Matrix3d out;
  for (int i = 0; i < 9; ++i) out(i / 3, i % 3) = from[static_cast<size_t>(i)];
  return out;
}

Eigen::Matrix3d versor(const Numbers& parameters, const std::string& kind) {
  const Eigen::Vector3d v = triple(parameters, 0);
  if (v.norm() > 1 + kUnit)
    throw Error("Parameters of " + kind, "a versor of length " + std::to_string(v.norm()), "at most 1");
  return Eigen::Quaterniond(std::sqrt(std::max(0.0, 1 - v.squaredNorm())), v.x(), v.y(), v.z())
      .normalized()
      .toRotationMatrix();
}

Eigen::Matrix3d euler(const Written& written) {
  const Eigen::Vector3d a = triple(written.parameters, 0);
  const auto turn = [](double angle, const Eigen::Vector3d& axis) {
    return Eigen::AngleAxisd(angle, axis).toRotationMatrix();
  };
  const Eigen::Matrix3d x = turn(a.x(), Eigen::Vector3d::UnitX()), y = turn(a.y(), Eigen::Vector3d::UnitY());
  const bool is_zyx = written.fixed.size() > 3 && written.fixed[3] != 0;
  return turn(a.z(), Eigen::Vector3d::UnitZ()) * (is_zyx ? y * x : x * y);
}

Eigen::Matrix4d about(const Eigen::Matrix3d& matrix, const Eigen::Vector3d& shift,
                      const Eigen::Vector3d& centre) {
  Eigen::Matrix4d out = Eigen::Matrix4d::Identity();
  out.topLeftCorner<3, 3>() = matrix;
  out.topRightCorner<3, 1>() = centre - matrix * centre + shift;
  return out;
}

/// LPS.
Eigen::Matrix4d matrix_of(const Written& written) {
  const std::string name = written.kind.substr(0, written.kind.find('_'));
  const std::string form = written.kind.substr(name.size());
  if (form != "_double_3_3" && form != "_float_3_3")
    throw Error("transform", "'" + printable(written.kind) + "'",
                "one of three dimensions, such as Euler3DTransform_double_3_3");
  const Numbers &p = written.parameters, &f = written.fixed;
  constexpr std::array<size_t, 2> kCentre = {3, 3};
  if (name == "IdentityTransform") return Eigen::Matrix4d::Identity();  // whatever its numbers, to ITK too
  if (name == "TranslationTransform") {
    check_count(written, 3, {0, 3});  // older ITK keeps fixed ones, which mean nothing
    return about(Eigen::Matrix3d::Identity(), triple(p, 0), {0, 0, 0});
  }
  if (name == "Euler3DTransform") {
    check_count(written, 6, {3, 4});  // newer ITK tells the order of the turns by a fourth
    return about(euler(written), triple(p, 3), triple(f, 0));
  }
  if (name == "VersorTransform") {
    check_count(written, 3, kCentre);
    return about(versor(p, written.kind), {0, 0, 0}, triple(f, 0));
  }
  if (name == "VersorRigid3DTransform") {
    check_count(written, 6, kCentre);
    return about(versor(p, written.kind), triple(p, 3), triple(f, 0));
  }
  if (name == "Similarity3DTransform") {
    check_count(written, 7, kCentre);
    return about(p[6] * versor(p, written.kind), triple(p, 3), triple(f, 0));
  }
  if (name == "AffineTransform" || name == "MatrixOffsetTransformBase" || name == "Rigid3DTransform") {
    check_count(written, 12, kCentre);
    return about(nine(p), triple(p, 9), triple(f, 0));
  }
  throw Error("transform", "'" + printable(written.kind) + "'",
              "an Euler3D, VersorRigid3D, Versor, Similarity3D, Rigid3D, Affine, Translation or "
              "IdentityTransform, or a Composite of these");
}

std::string spaced(const Eigen::Vector3d& a) {
  const Eigen::Vector3d b = a.array() + 0.0;  // no -0
  return number_text(b.x()) + " " + number_text(b.y()) + " " + number_text(b.z());
}

/// The head of a file of ours before its content: a comment to ITK, with the content's checksum.
std::string marked(const std::string& content) {
  return std::string(kMagic) + "\n# trivox register " + xxh3_hex(content) + "\n" + content;
}

}  // namespace

Eigen::Matrix4d parse_itk_transform(std::string_view text) {
  std::vector<Written> all = parse_lines(text);
  const bool is_composite = all.front().kind == "CompositeTransform_double_3_3" ||
                            all.front().kind == "CompositeTransform_float_3_3";
  if (is_composite) {
    const Written& head = all.front();
    if (!head.parameters.empty() || !head.fixed.empty() || all.size() < 2)
      throw Error("CompositeTransform", all.size() < 2 ? "empty" : "with Parameters of its own",
                  "a list of transforms");
    all.erase(all.begin());
  } else if (all.size() > 1) {
    throw Error("number of transforms", std::to_string(all.size()), "1, or a CompositeTransform of several");
  }
  Eigen::Matrix4d matrix = Eigen::Matrix4d::Identity();
  for (const Written& written : all) matrix = matrix * matrix_of(written);
  if (!matrix.allFinite() || std::abs(matrix.determinant()) < 1e-12)
    throw Error("transform", "one that cannot be inverted", "one that can");
  return kLpsToRas.asDiagonal() * matrix * kLpsToRas.asDiagonal();
}

Eigen::Matrix4d read_itk_transform(const std::filesystem::path& file) {
  return with_path(file.string(), [&] {
    const auto size = size_of_file(file);
    if (size > kMostBytes)
      throw Error("length", std::to_string(size) + " bytes", "at most " + std::to_string(kMostBytes));
    const std::vector<std::byte> bytes = read_file(file);
    return parse_itk_transform({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
}

std::string itk_transform_text(const RigidTransform& transform) {
  const Eigen::Vector3d flip = kLpsToRas.head<3>();
  // A rotation about -x is one about x by the opposite angle: of the axes z alone stays.
  return marked("#Transform 0\nTransform: Euler3DTransform_double_3_3\nParameters: " +
                spaced(flip.cwiseProduct(transform.angles_rad)) + " " +
                spaced(flip.cwiseProduct(transform.translation_mm)) +
                "\nFixedParameters: " + spaced(flip.cwiseProduct(transform.centre_mm)) + " 0\n");
}

bool is_own_itk_transform(std::string_view text) {
  const size_t content = text.find("#Transform 0\n");
  return content != std::string_view::npos && text == marked(std::string(text.substr(content)));
}

}  // namespace trivox
