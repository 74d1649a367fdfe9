#pragma once
#include <Eigen/Dense>
#include <filesystem>
#include <string>
#include <string_view>

#include "transforms/registration/rigid.h"

// ITK's text files of transforms (.tfm, .txt), which 3D Slicer, ITK-SNAP, ANTs and SimpleITK exchange. They
// lead from a point of the fixed image to the same anatomy in the moving one, in LPS mm; here in RAS+ mm.
// Pure or of their own file; thread safe.
namespace trivox {

/// The matrix of a transform that moves, turns, scales or shears: Euler3D, VersorRigid3D, Versor,
/// Similarity3D, Rigid3D, Affine, MatrixOffsetTransformBase, Translation, Identity, or a Composite of these,
/// whose last is applied first. Throws Error where the text is another, or no such file. Source: ITK 5.4,
/// itkTxtTransformIO.cxx and the classes' SetParameters.
[[nodiscard]] Eigen::Matrix4d parse_itk_transform(std::string_view text);

/// The same of a file.
[[nodiscard]] Eigen::Matrix4d read_itk_transform(const std::filesystem::path& file);

/// An Euler3DTransform in the text form, in all digits, with a comment that tells trivox its own files.
[[nodiscard]] std::string itk_transform_text(const RigidTransform& transform);

/// Whether a text is what itk_transform_text gave, to the byte: one that was mended by hand is not.
[[nodiscard]] bool is_own_itk_transform(std::string_view text);

}  // namespace trivox
