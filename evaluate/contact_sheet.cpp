#include "evaluate/contact_sheet.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "evaluate/png.h"
#include "transforms/error.h"
#include "transforms/sample.h"

namespace trivox {
namespace {

constexpr int kSide = 256;  // pixels of a tile's longer side, or the patch's own where larger
constexpr int kGap = 4;
constexpr int kLine = 16;  // of a caption's two lines
constexpr int kCaption = 2 * kLine + 4;
constexpr int kWide = 1200;  // samples stand side by side up to about this

// Blue, green, red; told apart by colour-blind eyes on grey (Okabe and Ito 2008).
const std::array<cv::Scalar, 6> kColours = {cv::Scalar(0, 159, 230),   cv::Scalar(233, 180, 86),
                                            cv::Scalar(115, 158, 0),   cv::Scalar(66, 228, 240),
                                            cv::Scalar(167, 121, 204), cv::Scalar(0, 94, 213)};

// One sample of a batch.
struct View {
  const Batch& batch;
  int64_t sample;
  [[nodiscard]] int64_t slice_voxels() const { return batch.patch[0] * batch.patch[1]; }
  [[nodiscard]] const float* image(int64_t channel, int64_t z) const {
    return batch.image.data() + ((sample * batch.channels + channel) * batch.patch[2] + z) * slice_voxels();
  }
  [[nodiscard]] const uint8_t* label(int64_t channel, int64_t z) const {
    return batch.label.data() + ((sample * batch.labels + channel) * batch.patch[2] + z) * slice_voxels();
  }
};

bool foreground(uint8_t label) { return label != 0 && label != kIgnoreLabel; }

int64_t fullest_slice(const View& view) {
  int64_t best = view.batch.patch[2] / 2;
  ptrdiff_t most = 0;
  for (int64_t z = 0; z < view.batch.patch[2]; ++z) {
    ptrdiff_t count = 0;
    for (int64_t l = 0; l < view.batch.labels; ++l)
      count += std::count_if(view.label(l, z), view.label(l, z) + view.slice_voxels(), foreground);
    if (count > most) {
      most = count;
      best = z;
    }
  }
  return best;
}

cv::Mat grey_tile(const View& view, int64_t channel, int64_t z, const cv::Size& size) {
  const cv::Mat slice(static_cast<int>(view.batch.patch[1]), static_cast<int>(view.batch.patch[0]), CV_32FC1,
                      const_cast<float*>(view.image(channel, z)));  // OpenCV only reads
  std::vector<float> sorted(view.image(channel, z), view.image(channel, z) + view.slice_voxels());
  std::ranges::sort(sorted);
  const float black = sorted[sorted.size() / 100];
  const float white = std::max(sorted[(sorted.size() - 1) * 997 / 1000], black + 1e-6F);
  cv::Mat grey, enlarged, colour;
  slice.convertTo(grey, CV_8U, 255.0 / (white - black), -255.0 * black / (white - black));
  cv::resize(grey, enlarged, size, 0, 0, cv::INTER_NEAREST);
  cv::cvtColor(enlarged, colour, cv::COLOR_GRAY2BGR);
  return colour;
}

void draw_labels(const View& view, int64_t z, cv::Mat& tile) {
  for (int64_t l = 0; l < view.batch.labels; ++l) {
    const cv::Mat slice(static_cast<int>(view.batch.patch[1]), static_cast<int>(view.batch.patch[0]), CV_8UC1,
                        const_cast<uint8_t*>(view.label(l, z)));
    cv::Mat labels;
    cv::resize(slice, labels, tile.size(), 0, 0, cv::INTER_NEAREST);
    const cv::Mat ignored = labels == kIgnoreLabel;
    cv::Mat tinted;
    cv::addWeighted(tile, 0.7, cv::Mat(tile.size(), CV_8UC3, cv::Scalar(120, 40, 0)), 0.3, 0, tinted);
    tinted.copyTo(tile, ignored);
    std::array<bool, 256> present{};
    std::for_each(slice.begin<uint8_t>(), slice.end<uint8_t>(), [&](uint8_t v) { present[v] = true; });
    for (size_t value = 1; value < kIgnoreLabel; ++value) {
      if (!present[value]) continue;
      const cv::Mat inside = labels == static_cast<int>(value);
      std::vector<std::vector<cv::Point>> contours;
      cv::findContours(inside, contours, cv::RETR_CCOMP, cv::CHAIN_APPROX_SIMPLE);
      cv::drawContours(tile, contours, -1, kColours[(value - 1 + static_cast<size_t>(l)) % kColours.size()],
                       1);
    }
  }
}

void write(cv::Mat& cell, int line, const std::string& text) {
  cv::putText(cell, text, cv::Point(kGap, kGap + line * kLine - 4), cv::FONT_HERSHEY_SIMPLEX, 0.42,
              cv::Scalar(220, 220, 220), 1, cv::LINE_AA);
}

}  // namespace

std::string contact_sheet(std::span<const Batch> batches) {
  if (batches.empty() || batches[0].n == 0 || batches[0].channels == 0)
    throw Error("batches to draw", "0", "at least 1");
  const auto width = static_cast<int>(batches[0].patch[0]), height = static_cast<int>(batches[0].patch[1]);
  const int factor = std::max(1, kSide / std::max(width, height));
  const cv::Size tile(width * factor, height * factor);
  const auto channels = static_cast<int>(batches[0].channels);
  int samples = 0;
  for (const Batch& batch : batches) samples += static_cast<int>(batch.n);
  const cv::Size cell(channels * (tile.width + kGap) + kGap, kCaption + tile.height + 2 * kGap);
  const int columns = std::clamp(kWide / cell.width, 1, samples);
  const int rows = (samples + columns - 1) / columns;
  cv::Mat sheet(rows * cell.height, columns * cell.width, CV_8UC3, cv::Scalar(24, 24, 24));
  int place = 0;
  for (const Batch& batch : batches)
    for (int64_t i = 0; i < batch.n; ++i, ++place) {
      cv::Mat at =
          sheet(cv::Rect(cv::Point(place % columns * cell.width, place / columns * cell.height), cell));
      const View view{batch, i};
      const int64_t z = fullest_slice(view);
      write(at, 1, batch.keys[static_cast<size_t>(i)]);
      write(at, 2,
            "epoch " + std::to_string(batch.epoch) + "  batch " + std::to_string(batch.index) + "  slice " +
                std::to_string(z));
      for (int c = 0; c < channels; ++c) {
        cv::Mat picture = grey_tile(view, c, z, tile);
        draw_labels(view, z, picture);
        picture.copyTo(
            at(cv::Rect(kGap + c * (tile.width + kGap), kGap + kCaption, tile.width, tile.height)));
      }
    }
  return encode_png({sheet.data, sheet.total() * sheet.elemSize()}, sheet.cols, sheet.rows, PixelOrder::kBgr);
}

}  // namespace trivox
