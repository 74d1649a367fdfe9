#pragma once
#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace trivox {

/// Cross-entropy plus soft Dice, minus 1 at best: mean cross-entropy over the voxels that count, minus the
/// mean over the foreground classes (and samples, unless `batch_dice`) of
/// (2 sum(p y) + s) / (sum(p) + sum(y) + s), s = 1e-5, p the softmax. Voxels labelled 255 count in neither
/// term; where none counts the cross-entropy is 0. A class absent from label and prediction scores 1.
/// logits: N x K x D x H x W, float or double; label: N x 1 x D x H x W, uint8, 0..K-1 or 255 (not checked).
/// Source: nnU-Net 2.8, DC_and_CE_loss with MemoryEfficientSoftDiceLoss, do_bg false, smooth 1e-5.
[[nodiscard]] at::Tensor segmentation_loss(const at::Tensor& logits, const at::Tensor& label,
                                           bool batch_dice);

/// 1 / 2^i for the i-th output (finest first), the coarsest 0, normalised to sum 1; {1} for one output.
/// Source: nnU-Net 2.8, nnUNetTrainer._build_loss.
[[nodiscard]] std::vector<double> deep_supervision_weights(size_t outputs);

/// Every shift-th label along D, H, W: nearest neighbour as torch's `nearest-exact`.
[[nodiscard]] at::Tensor shrink_label(const at::Tensor& label, at::IntArrayRef size_dhw);

/// The weighted sum of `segmentation_loss` over the outputs of UNet::forward, the label shrunk to each.
[[nodiscard]] at::Tensor deep_supervision_loss(const std::vector<at::Tensor>& logits, const at::Tensor& label,
                                               bool batch_dice);

}  // namespace trivox
