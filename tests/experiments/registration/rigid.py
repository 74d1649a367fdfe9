"""Rigid matrices: 4 x 4, RAS+ mm, from a point of the fixed image to the same anatomy in the moving one."""
import numpy as np

LPS = np.diag([-1.0, -1, 1, 1])


def rotation(axis, degrees):
    axis = np.asarray(axis) / np.linalg.norm(axis)
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    a = np.deg2rad(degrees)
    return np.eye(3) + np.sin(a) * k + (1 - np.cos(a)) * k @ k


def about(centre, turn, shift=0):
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn, centre - turn @ centre + shift
    return out


def in_some_direction(rng, centre, shift_mm, turn_deg):
    """About `centre`, the axis and the direction drawn."""
    axis, direction = rng.normal(size=3), rng.normal(size=3)
    return about(centre, rotation(axis, turn_deg), shift_mm * direction / np.linalg.norm(direction))


def drawn(rng, centre, most_mm, most_deg):
    """A shift of up to `most_mm` and a turn of up to `most_deg` about `centre`, evenly drawn lengths."""
    axis, direction = rng.normal(size=3), rng.normal(size=3)
    shift, turn = rng.uniform(0, most_mm), rng.uniform(0, most_deg)
    return about(centre, rotation(axis, turn), shift * direction / np.linalg.norm(direction))


def moved(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def distance(a, b, points):
    """Mean distance in mm between where two matrices put the points."""
    return float(np.linalg.norm(moved(np.asarray(a) - np.asarray(b), points), axis=1).mean())


def shift_and_turn(matrix, points):
    """Mean displacement of the points in mm, and the rotation in degrees."""
    cosine = (np.trace(matrix[:3, :3]) - 1) / 2
    return distance(matrix, np.eye(4), points), float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def rigid_fit(matrix, points):
    """The rigid matrix nearest to an affine one over the points: least squares (Kabsch 1976)."""
    target = moved(matrix, points)
    a, b = points.mean(axis=0), target.mean(axis=0)
    u, _, vt = np.linalg.svd((points - a).T @ (target - b))
    turn = vt.T @ np.diag([1, 1, np.linalg.det(vt.T @ u.T)]) @ u.T
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn, b - turn @ a
    return out


def euler(angles, shift, centre, zyx):
    """LPS as ITK's Euler3DTransform takes them."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return LPS @ about(centre, z @ y @ x if zyx else z @ x @ y, shift) @ LPS


def read_elastix(path):
    """TransformParameters.txt of an EulerTransform."""
    fields = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("("):
                key, _, value = line.strip().strip("()").partition(" ")
                fields[key] = value.strip('"')
    if fields["Transform"] != "EulerTransform":
        raise ValueError(f"{path}: Transform is {fields['Transform']}, expected EulerTransform")
    p = np.array(fields["TransformParameters"].split(), float)
    centre = np.array(fields["CenterOfRotationPoint"].split(), float)
    return euler(p[:3], p[3:], centre, fields.get("ComputeZYX") == "true")


def read_itk(path):
    """Text file of an ITK transform that has a matrix, a shift and a centre, or is Euler's."""
    with open(path, encoding="utf-8") as file:
        fields = dict(line.strip().split(": ", 1) for line in file if ": " in line)
    p = np.array(fields["Parameters"].split(), float)
    f = np.array(fields["FixedParameters"].split(), float)
    if fields["Transform"].startswith("Euler3D"):
        return euler(p[:3], p[3:6], f[:3], len(f) > 3 and f[3] != 0)
    if not fields["Transform"].startswith(("MatrixOffsetTransformBase", "AffineTransform")):
        raise ValueError(f"{path}: Transform is {fields['Transform']}, expected a matrix or Euler angles")
    return LPS @ about(f[:3], p[:9].reshape(3, 3), p[9:12]) @ LPS
