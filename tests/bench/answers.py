"""Whether the files that a whole process left are right: functions of (data, out) for rows.py. Each raises
Wrong where speed was bought with a bad answer, and returns what both sides must agree on, if anything."""
import json
import math
import os
import re

WORST_MM = 1.0


class Wrong(Exception):
    pass


def registered(data, out):
    """The one transform in `out`, of ITK or elastix, lays the pair within a millimetre of the truth."""
    found = [name for name in os.listdir(out) if name.endswith(".tfm") or name == "TransformParameters.0.txt"]
    if len(found) != 1:
        raise Wrong(f"{found or 'no transform'} written, expected one transform")
    with open(os.path.join(data, "truth.json"), encoding="utf-8") as file:
        truth = json.load(file)
    parameters, centre = _read_transform(os.path.join(out, found[0]))
    off = [math.dist(_moved(point, parameters, centre), there)
           for point, there in zip(truth["fixed_ras_mm"], truth["moving_ras_mm"], strict=True)]
    mean = sum(off) / len(off)
    if not mean <= WORST_MM:
        raise Wrong(f"{os.path.basename(data)}: {mean:.2f} mm off the truth, expected at most {WORST_MM} mm")


def preprocessed(data, out):
    """Every patient became a sample; what it holds is the same whoever made it."""
    with open(os.path.join(out, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    patients = len(os.listdir(os.path.join(data, "data", "MRI-Segments")))
    if len(manifest["samples"]) != patients:
        raise Wrong(f"{len(manifest['samples'])} samples, expected {patients}")
    return [shard["xxh3"] for shard in manifest["shards"]]


def _read_transform(path):
    """(three angles and a translation, centre) of a Euler3DTransform, LPS."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if re.search(r'ComputeZYX "?true|^Transform: (?!Euler3D)', text, re.MULTILINE):
        raise Wrong(f"{os.path.basename(path)}: expected a Euler3DTransform that turns by y first")

    def numbers(name):
        found = re.search(rf"^\(?(?:{name}):? ([^)\n]*)", text, re.MULTILINE)
        return [float(word) for word in found.group(1).split()] if found else []
    parameters = numbers("Parameters|TransformParameters")
    centre = numbers("FixedParameters|CenterOfRotationPoint")
    if len(parameters) != 6 or len(centre) not in (3, 4) or centre[3:] not in ([], [0.0]):
        raise Wrong(f"{os.path.basename(path)}: no Euler3DTransform of six parameters about a centre")
    return parameters, centre[:3]


def _moved(point, parameters, centre):
    """RAS to RAS: R = Rz Rx Ry in LPS, as ITK's Euler3DTransform."""
    x, y, z = (sign * value - c for sign, value, c in zip((-1, -1, 1), point, centre))
    rx, ry, rz = parameters[:3]
    x, z = math.cos(ry) * x + math.sin(ry) * z, -math.sin(ry) * x + math.cos(ry) * z
    y, z = math.cos(rx) * y - math.sin(rx) * z, math.sin(rx) * y + math.cos(rx) * z
    x, y = math.cos(rz) * x - math.sin(rz) * y, math.sin(rz) * x + math.cos(rz) * y
    return [sign * (value + c + t)
            for sign, value, c, t in zip((-1, -1, 1), (x, y, z), centre, parameters[3:])]
