"""A folder of one shard with two samples; mutated are the shard, its arrays and JSON, and the manifest.
The oracle is the json module and NumPy, by the offsets in the manifest, and tarfile for the header before
each."""
import io
import json
import tarfile

import numpy as np

import npy_mutants
from mutate import mutate_bytes

LEAST_ACCEPTED = 0.1
GRID = {"size": [5, 4, 3], "affine": [[-0.5, 0, 0, 10.25], [0, 0.5, 0.1, -20], [0, 0, 5.5, 7], [0, 0, 0, 1]]}


def sample_json(key, channels):
    provenance = [{"name": f"T{c}", "files": ["1.dcm"], "series_uid_xxh3": "", "middle_slice_xxh3": "",
                   "native_grid": GRID, "alignment": "header", "reference_to_native": np.eye(4).tolist(),
                   "normalisation": {"method": "z-score in the body", "mean": 1.5, "standard_deviation": 2.5,
                                     "air": -1.5}, "warnings": []} for c in range(channels)]
    return json.dumps({"format": "trivox sample 1", "id": key, "shape": [channels, 3, 4, 5], "grid": GRID,
                       "reference_grid": GRID, "channels": provenance}).encode() + b"\n"


def seed(dtype):
    """(manifest, shard)"""
    shard, samples = io.BytesIO(), []
    with tarfile.open(fileobj=shard, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key in ("case1", "case2"):
            parts = {"image": npy_mutants.npy(npy_mutants.array(dtype, (2, 3, 4, 5))),
                     "label": npy_mutants.npy(npy_mutants.array("|u1", (1, 3, 4, 5)) % 3),
                     "json": sample_json(key, 2)}
            if key == "case2":
                parts["valid"] = npy_mutants.npy(npy_mutants.array("|u1", (2, 3, 4, 5)) % 2)
            entry = {"key": key, "shard": "shard-00000.tar", "image_shape": [2, 3, 4, 5],
                     "label_shape": [1, 3, 4, 5], "valid": None, "inputs_xxh3": ""}
            for name in ("image", "valid", "label", "json"):
                if name in parts:
                    info = tarfile.TarInfo(f"{key}.{name}" + ("" if name == "json" else ".npy"))
                    info.size = len(parts[name])
                    entry[name] = {"offset": shard.tell() + 512, "bytes": info.size}
                    tar.addfile(info, io.BytesIO(parts[name]))
            samples.append(entry)
    manifest = {"format": "trivox shards 1", "version": "0", "source": {"name": "", "doi": "", "licence": ""},
                "channels": ["T0", "T1"], "labels": {"1": "tumour"}, "config": "", "config_xxh3": "",
                "shards": [{"file": "shard-00000.tar", "bytes": len(shard.getvalue()), "xxh3": ""}],
                "samples": samples, "quarantined": [], "warnings": []}
    return json.dumps(manifest).encode(), shard.getvalue()


def seeds(folder):
    return {"half": seed("<f2"), "single": seed("<f4")}


def write(folder, name, data):
    (folder / name).mkdir()
    (folder / name / "manifest.json").write_bytes(data[0])
    (folder / name / "shard-00000.tar").write_bytes(data[1])
    return folder / name


NUMBERS = [0, 1, 2, 3, 5, 7, 511, 512, 513, 1024, 2048, -1, 2**31, 2**32, 2**33, 2**40, 2**62, 2**63 - 1,
           2**64 - 1, 1e300, 0.5, None, "", "x", [], {}, [1], [0, 0, 0, 0], [2, 3, 4, 5], [2**16] * 4, True]


def mutate_json(data, rng):
    """Another value somewhere in the document, or a key that goes."""
    node = document = json.loads(data)
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        if not keys:
            return data
        key = rng.choice(list(keys))
        if isinstance(node[key], (dict, list)) and node[key] and rng.random() < 0.85:
            node = node[key]
            continue
        if rng.random() < 0.2:
            del node[key]
        elif isinstance(node[key], int) and rng.random() < 0.5:
            node[key] += rng.choice([-512, -8, -1, 1, 8, 512])
        else:
            node[key] = rng.choice(NUMBERS)
        return json.dumps(document).encode()


def mutate(data, rng, all_seeds):
    manifest, shard = data
    entries = json.loads(manifest)["samples"]
    kind = rng.randrange(4)
    if kind == 0:
        manifest = mutate_json(manifest, rng)
    elif kind == 1:
        manifest = mutate_bytes(manifest, rng, [manifest])
    elif kind == 2:
        shard = mutate_bytes(shard, rng, [v[1] for v in all_seeds.values()])
        manifest = manifest.replace(str(len(data[1])).encode(), str(len(shard)).encode())
    else:  # a member's content, in its place
        name, entry = rng.choice(["image", "label", "json"]), rng.choice(entries)
        at, n = entry[name]["offset"], entry[name]["bytes"]
        part = shard[at:at + n]
        part = mutate_json(part, rng) if name == "json" and rng.random() < 0.7 else (
            npy_mutants.mutate(part, rng, npy_mutants.seeds(None)) if name != "json"
            else mutate_bytes(part, rng, [part]))
        room = -(-n // 512) * 512
        if len(part) <= room:
            info = tarfile.TarInfo.frombuf(shard[at - 512:at], "utf-8", "strict")
            info.size = len(part)
            header = info.tobuf(tarfile.USTAR_FORMAT)
            shard = shard[:at - 512] + header + part + b"\0" * (room - len(part)) + shard[at + room:]
            entry[name]["bytes"] = len(part)
            document = json.loads(manifest)
            document["samples"] = entries
            manifest = json.dumps(document).encode()
    return manifest, shard


def bytes_there(path):
    return sum(f.stat().st_size for f in path.iterdir())


def oracle(path):
    try:
        document = json.loads((path / "manifest.json").read_bytes())
        shape, values, text, affine = [], [], "", np.eye(4)
        for entry in document["samples"]:
            shard = (path / entry["shard"]).read_bytes()

            def part(name):
                start, n = entry[name]["offset"], entry[name]["bytes"]
                if start < 512 or n < 0 or start + n > len(shard):
                    raise ValueError(f"{name} does not lie in the shard")
                header = tarfile.TarInfo.frombuf(shard[start - 512:start], "utf-8", "strict")
                member = f"{entry['key']}.{name}" + ("" if name == "json" else ".npy")
                if (header.name, header.size) != (member, n):
                    raise ValueError(f"{member} is {header.name}")
                return shard[start:start + n]

            about = json.loads(part("json"))
            for name in ("image", "label", "valid"):
                if entry[name]:
                    value = npy_mutants.read_array(part(name))
                    values.append(value.astype(np.float32).ravel())
                    shape += value.shape if name == "image" else ()
            affine, text = np.array(about["grid"]["affine"], float), text + about["id"] + "\n"
        values = np.concatenate(values) if values else np.zeros(0)
        out = {"shape": shape, "values": values, "text": text}
        return out | ({"affine": affine} if shape else {})
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def allowed(path, read, expected):
    return None
