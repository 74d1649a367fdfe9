"""Reads a safetensors file with NumPy alone, by the format's description: name, type, shape, values."""
import json
import sys

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "U8": "u1", "BF16": "<u2"}
raw = open(sys.argv[1], "rb").read()
length = int.from_bytes(raw[:8], "little")
for name, entry in json.loads(raw[8:8 + length]).items():
    if name == "__metadata__":
        continue
    begin, end = entry["data_offsets"]
    values = np.frombuffer(raw[8 + length + begin:8 + length + end], TYPES[entry["dtype"]])
    if entry["dtype"] == "BF16":  # the upper half of a float32
        values = (values.astype("<u4") << 16).view("<f4")
    print(*[name, entry["dtype"], entry["shape"], *values.reshape(entry["shape"]).ravel().tolist()])
