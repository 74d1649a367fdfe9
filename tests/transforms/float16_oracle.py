"""Writes NumPy's float16 conversions, both ways, for transforms/float16_test.cpp.

usage: float16_oracle.py FOLDER
decoded.f32: the values of all 65536 bit patterns. values.f32 and encoded.u16: every float16, the
floats beside it, the midpoints between neighbours and the floats beside those, and a few extremes.
"""
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
halves = np.arange(65536, dtype=np.uint16).view(np.float16)
halves.astype(np.float32).tofile(folder / "decoded.f32")

exact = np.unique(halves[np.isfinite(halves)].astype(np.float32))
middle = ((exact[:-1].astype(np.float64) + exact[1:]) / 2).astype(np.float32)
extremes = np.array([65504, 65519.996, 65520, 65536, 1e30, 3.4e38, np.inf, 1e-45, 1e-30, 2.0**-25,
                     2.0**-24, np.nan], np.float32)
up, down = np.float32(np.inf), np.float32(-np.inf)
values = np.concatenate([exact, np.nextafter(exact, up), np.nextafter(exact, down), middle,
                         np.nextafter(middle, up), np.nextafter(middle, down), extremes, -extremes])
values.astype(np.float32).tofile(folder / "values.f32")
with np.errstate(over="ignore"):
    values.astype(np.float16).view(np.uint16).tofile(folder / "encoded.u16")
