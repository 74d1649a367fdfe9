"""Writes sgd.safetensors: PyTorch's own SGD and gradient clipping as the oracle.

usage: sgd.py FOLDER     needs torch, safetensors

a0, b0: parameters at the start; then for steps 1..4 the gradients ga1, gb1, ..., the norm before clipping
to 2, and the parameters a1, b1, ... after SGD(momentum .99, Nesterov, weight decay 3e-2) with learning rate
.1 / step.
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file

torch.manual_seed(3)
a, b = torch.randn(3, 4, requires_grad=True), torch.randn(5, requires_grad=True)
optimiser = torch.optim.SGD([a, b], lr=0.1, momentum=0.99, nesterov=True, weight_decay=3e-2)
out = {"a0": a.detach().clone(), "b0": b.detach().clone()}
for step in range(1, 5):
    for group in optimiser.param_groups:
        group["lr"] = 0.1 / step
    a.grad, b.grad = torch.randn(3, 4) * step / 3, torch.randn(5) * step / 3
    out |= {f"ga{step}": a.grad.clone(), f"gb{step}": b.grad.clone()}
    out[f"norm{step}"] = torch.nn.utils.clip_grad_norm_([a, b], 2.0).reshape(1)
    optimiser.step()
    out |= {f"a{step}": a.detach().clone(), f"b{step}": b.detach().clone()}
save_file(out, pathlib.Path(sys.argv[1]) / "sgd.safetensors")
