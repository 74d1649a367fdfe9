"""Opens a shard of loader/shard_test.cpp by NumPy, tarfile and webdataset and compares every value.

usage: check_shard.py SHARD DTYPE KEY...
The samples hold image = 100 c + 10 z + y + x / 8 - 3, label = (x + y + z) % 3, and are 5 x 4 x 3
voxels of 2 channels; channel 1 of every second sample is invalid at x = 0.
"""
import io
import json
import sys
import tarfile

import numpy as np
import webdataset as wds

path, dtype, keys = sys.argv[1], sys.argv[2], sys.argv[3:]
c, z, y, x = np.meshgrid(range(2), range(3), range(4), range(5), indexing="ij")
image = (100 * c + 10 * z + y + x / 8 - 3).astype(dtype)
label = ((x + y + z) % 3)[:1].astype(np.uint8)
valid = np.where((c == 1) & (x == 0), 0, 1).astype(np.uint8)


def check(i, members, meta):
    np.testing.assert_array_equal(members["image.npy"], image, strict=True)
    np.testing.assert_array_equal(members["label.npy"], label, strict=True)
    assert ("valid.npy" in members) == (i % 2 == 1)
    if i % 2 == 1:
        np.testing.assert_array_equal(members["valid.npy"], valid, strict=True)
    assert meta["id"] == keys[i] and meta["shape"] == [2, 3, 4, 5]
    assert meta["grid"]["size"] == [5, 4, 3]
    affine = np.array(meta["grid"]["affine"])
    np.testing.assert_array_equal(affine, [[-0.5, 0, 0, 10.25], [0, 0.5, 0.1, -20], [0, 0, 5.5, 1 / 3],
                                           [0, 0, 0, 1]])
    assert [ch["name"] for ch in meta["channels"]] == ["T1WI", "CE-T1WI"]
    assert meta["channels"][1]["normalisation"]["mean"] == 0.1


with tarfile.open(path) as tar:
    infos = tar.getmembers()
    assert all(m.mtime == 0 and m.uid == 0 and m.gid == 0 and m.isreg() and m.mode == 0o644 for m in infos)
    assert all(m.offset_data % 64 == 0 for m in infos)
    names = [m.name for m in infos]
    assert names == sorted(names, key=lambda n: keys.index(n.split(".")[0])), names
    content = {m.name: tar.extractfile(m).read() for m in infos}
for i, key in enumerate(keys):
    members = {n[len(key) + 1:]: np.load(io.BytesIO(b)) for n, b in content.items()
               if n.startswith(key + ".") and n.endswith(".npy")}
    check(i, members, json.loads(content[key + ".json"]))

samples = list(wds.WebDataset(path, shardshuffle=False).decode())
assert [s["__key__"] for s in samples] == keys
for i, sample in enumerate(samples):
    check(i, {k: v for k, v in sample.items() if k.endswith(".npy")}, sample["json"])
print(len(keys), "samples are equal")
