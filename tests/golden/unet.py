"""Writes unet_names.txt and unet_forward.safetensors: nnU-Net's own network as the oracle.

usage: unet.py FOLDER     needs torch, dynamic-network-architectures 0.4, safetensors

unet_names.txt: name and shape of every entry of PlainConvUNet's state_dict, one network a paragraph.
unet_forward.safetensors: weights of a small network (unique names), an input, its label, all outputs with
deep supervision, and nnU-Net's loss on them (deep supervision weights applied) with its gradient.
"""
import pathlib
import sys

import torch
import torch.nn.functional as F
from dynamic_network_architectures.architectures.unet import PlainConvUNet
from safetensors.torch import save_file
from torch import nn

NETWORKS = [  # channels, classes, features, kernels, strides, convolutions
    (3, 2, [16, 32, 64, 128], [(1, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)],
     [(1, 1, 1), (1, 2, 2), (2, 2, 2), (2, 2, 2)], 2),
    (1, 3, [8, 12], [(3, 3, 3)] * 2, [(1, 1, 1), (2, 2, 2)], 1),
]
SMALL = (2, 3, [4, 6, 8], [(1, 3, 3), (3, 3, 3), (3, 3, 3)], [(1, 1, 1), (1, 2, 2), (2, 2, 2)], 2)


def build(channels, classes, features, kernels, strides, convolutions):
    return PlainConvUNet(channels, len(features), features, nn.Conv3d, kernels, strides, convolutions,
                         classes, convolutions, conv_bias=True, norm_op=nn.InstanceNorm3d,
                         norm_op_kwargs={"eps": 1e-5, "affine": True}, nonlin=nn.LeakyReLU,
                         nonlin_kwargs={"inplace": True}, deep_supervision=True)


def unique(state):
    return {k: v.contiguous().clone() for k, v in state.items()
            if not k.startswith("decoder.encoder.") and ".all_modules." not in k}


def loss(logits, label):
    """DC_and_CE_loss of nnU-Net 2.8 with ignore_label 255, written out (weights 1 and 1, batch_dice
    False)."""
    mask = label != 255
    target = torch.where(mask, label, 0)
    ce = F.cross_entropy(logits, label[:, 0].long(), ignore_index=255)
    x = F.softmax(logits, 1)[:, 1:]
    onehot = torch.zeros(logits.shape, dtype=torch.bool).scatter_(1, target.long(), 1)[:, 1:]
    axes = (2, 3, 4)
    sum_gt = (onehot * mask).sum(axes)
    intersect = (x * onehot * mask).sum(axes)
    sum_pred = (x * mask).sum(axes)
    dc = (2 * intersect + 1e-5) / torch.clip(sum_gt + sum_pred + 1e-5, 1e-8)
    return ce - dc.mean()


folder = pathlib.Path(sys.argv[1])
with open(folder / "unet_names.txt", "w") as out:
    for network in NETWORKS:
        for name, value in build(*network).state_dict().items():
            print(name, *value.shape, file=out)
        print(file=out)

torch.manual_seed(1)
net = build(*SMALL)
for p in net.parameters():  # norms and biases too, so that a forgotten one shows
    nn.init.normal_(p, 0.1, 0.3)
image = torch.randn(2, 2, 4, 8, 8, requires_grad=True)
label = torch.randint(0, 3, (2, 1, 4, 8, 8), dtype=torch.uint8)
label[:, :, :, :2] = 255
outputs = net(image)
weights = [1.0, 0.0]  # 1, 1/2 with the coarsest set to 0, normalised
shrunk = [F.interpolate(label.float(), o.shape[2:], mode="nearest-exact").to(torch.uint8) for o in outputs]
total = sum(w * loss(o, s) for w, o, s in zip(weights, outputs, shrunk))
total.backward()
tensors = unique(net.state_dict())
tensors |= {"image": image.detach(), "label": label, "loss": total.detach().reshape(1),
            "image_gradient": image.grad}
tensors |= {f"output{i}": o.detach().contiguous() for i, o in enumerate(outputs)}
tensors |= {f"loss{i}": loss(o, s).detach().reshape(1) for i, (o, s) in enumerate(zip(outputs, shrunk))}
tensors |= {f"label{i}": s.contiguous() for i, s in enumerate(shrunk)}
save_file(tensors, folder / "unet_forward.safetensors")
