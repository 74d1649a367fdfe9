#include "loader/raters.h"

#include <algorithm>

#include "loader/file.h"
#include "loader/mask.h"
#include "loader/nifti.h"
#include "loader/patient.h"
#include "loader/text.h"
#include "loader/tiff.h"

namespace trivox {
namespace {

namespace fs = std::filesystem;

bool is_tiff(const std::string& name) {
  const std::string small = lower(name);
  return small.ends_with(".tif") || small.ends_with(".tiff");
}

struct Drawn {
  NativeVolume values;
  NiftiHeader header;  // of a NIfTI
  std::string datatype;
  bool has_mm = false;
  std::string no_mm;
};

// Some programs write a mask's 1 under "white is 0" and mean the foreground all the same; a lesion is not
// most of an image.
void check_turned(const TiffStack& stack, const std::string& file, std::vector<std::string>& warnings) {
  if (!stack.white_is_zero) return;
  const uint16_t top = stack.datatype == "1 bit" ? 1 : stack.datatype == "uint8" ? 255 : 65535;
  const auto all = static_cast<int64_t>(stack.values.size());
  const int64_t drawn = all - std::ranges::count(stack.values, uint16_t{0});
  if (2 * drawn > all)
    throw Error("PhotometricInterpretation",
                "0 (white is 0), so that " + std::to_string(drawn) + " of " + std::to_string(all) +
                    " pixels are foreground, and " +
                    std::to_string(all - std::ranges::count(stack.values, top)) + " as they are stored",
                "foreground in at most half of them, or 1 (black is 0)");
  warnings.push_back(file + ": PhotometricInterpretation is 0 (white is 0): values turned round");
}

// Pages of one file after another as slices.
Drawn read_tiffs(const fs::path& root, const std::vector<std::string>& files, const DatasetOptions& options,
                 std::vector<std::string>& warnings) {
  Drawn drawn;
  Grid grid;
  std::vector<uint16_t> values;
  for (const std::string& file : files) {
    with_path((root / file).string(), [&] {
      const TiffStack stack = parse_tiff(read_file(root / file));
      check_turned(stack, file, warnings);
      if (grid.size[2] == 0) {
        grid.size = {stack.width, stack.height, 0};
        drawn.datatype = stack.datatype;
      }
      if (stack.width != grid.size[0] || stack.height != grid.size[1])
        throw Error(
            "size of the slice", std::to_string(stack.width) + " x " + std::to_string(stack.height),
            std::to_string(grid.size[0]) + " x " + std::to_string(grid.size[1]) + ", as " + files.front());
      grid.size[2] += stack.pages;
      values.insert(values.end(), stack.values.begin(), stack.values.end());
    });
  }
  const auto& mm = options.rater_spacing_mm;
  drawn.has_mm = mm[0] > 0 && mm[1] > 0 && mm[2] > 0;
  if (drawn.has_mm)
    for (int i = 0; i < 3; ++i) grid.affine(i, i) = mm[static_cast<size_t>(i)];
  else
    drawn.no_mm = "a TIFF holds no distance between slices, and dataset.rater_spacing_mm says none";
  drawn.header.grid = grid;
  Volume<uint16_t> volume(grid, 1);
  std::copy(values.begin(), values.end(), volume.data.begin());
  drawn.values.stored = std::move(volume);
  return drawn;
}

Drawn read_nifti_mask(const fs::path& file, const DatasetOptions& options,
                      std::vector<std::string>& warnings) {
  NiftiNative image = read_nifti_native(file, nifti_form(options));
  for (const std::string& warning : image.header.warnings)
    warnings.push_back(file.filename().string() + ": " + warning);
  Drawn drawn;
  drawn.values = std::move(image.volume);
  drawn.header = std::move(image.header);
  drawn.datatype = drawn.header.datatype;
  drawn.has_mm = drawn.header.has_geometry;
  if (!drawn.has_mm)
    drawn.no_mm = file.filename().string() + " has no geometry (qform_code and sform_code are 0)";
  return drawn;
}

std::string size_text(const Grid& grid) {
  return std::to_string(grid.size[0]) + " x " + std::to_string(grid.size[1]) + " x " +
         std::to_string(grid.size[2]);
}

}  // namespace

RaterStudy find_raters(const fs::path& root) {
  RaterStudy study;
  study.root = root;
  std::vector<std::string> names;
  for (const fs::path& file : files_below(root))
    names.push_back(file.lexically_relative(root).generic_string());
  study.listing = list_raters(names);
  return study;
}

RaterPair read_rater_pair(const RaterStudy& study, const RaterFiles& names, const DatasetOptions& options) {
  RaterPair pair;
  pair.names = names;
  std::string what = "patient " + names.patient + (names.sequence.empty() ? "" : ", " + names.sequence);
  try {
    std::array<Drawn, 2> drawn;
    what += ", masks of raters " + names.raters[0] + " and " + names.raters[1];
    for (size_t r = 0; r < 2; ++r) {
      const std::vector<std::string>& files = names.files[r];
      if (is_tiff(files[0])) {
        drawn[r] = read_tiffs(study.root, files, options, pair.warnings);
      } else if (files.size() == 1) {
        drawn[r] = read_nifti_mask(study.root / files[0], options, pair.warnings);
      } else {
        throw Error("mask of rater " + names.raters[r], joined(files), "one NIfTI, or TIFFs");
      }
      pair.datatypes[r] = drawn[r].datatype;
      std::vector<std::string> said;
      pair.masks[r] = with_path((study.root / files[0]).string(),
                                [&] { return mask_values(drawn[r].values, options.labels, said); });
      for (const std::string& warning : said) pair.warnings.push_back(files[0] + ": " + warning);
      if (pair.no_mm.empty()) pair.no_mm = drawn[r].no_mm;
    }
    Grid& first = pair.masks[0].grid;
    Grid& second = pair.masks[1].grid;
    const std::string expected = size_text(first) + ", as rater " + names.raters[0] + "'s";
    if (pair.no_mm.empty()) {
      // The first rater's mask stands for a series here.
      const MaskPlace place = with_path((study.root / names.files[1][0]).string(), [&] {
        return find_mask_place(drawn[1].header, first, options, names.files[0][0]);
      });
      if (!place.map.identity()) {
        pair.masks[1] = reorder(pair.masks[1], place.map, first);
        pair.warnings.push_back("rater " + names.raters[1] + "'s mask reordered: " + place.map.describe());
      }
      second = first;
    } else {
      if (first.size != second.size)
        throw Error("size of rater " + names.raters[1] + "'s mask", size_text(second), expected);
      second.affine = first.affine.setIdentity();
    }
  } catch (const Error& error) {
    throw error.with_path(study.root.string()).in(what);
  }
  return pair;
}

void require_mm(const RaterPair& pair) {
  if (!pair.no_mm.empty())
    throw Error("millimetres of patient " + pair.names.patient + ", " + pair.names.sequence,
                "unknown: " + pair.no_mm, "a spacing, as NIfTI masks have");
}

}  // namespace trivox
