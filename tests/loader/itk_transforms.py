"""SimpleITK as oracle of transform files.

usage: itk_transforms.py write FOLDER   writes a file of every kind, prints name and matrix (RAS+ mm, by row)
       itk_transforms.py read FILE      prints the matrix of that file
"""
import math
import pathlib
import sys

import numpy as np
import SimpleITK as sitk

LPS = np.diag([-1.0, -1, 1, 1])


def matrix(t):
    m = np.eye(4)
    m[:3, 3] = t.TransformPoint((0, 0, 0))
    for i in range(3):
        m[:3, i] = np.array(t.TransformPoint(tuple(np.eye(3)[i]))) - m[:3, 3]
    return " ".join(repr(float(v)) for v in (LPS @ m @ LPS).ravel())


if sys.argv[1] == "read":
    print(matrix(sitk.ReadTransform(sys.argv[2])))
    sys.exit()
folder = pathlib.Path(sys.argv[2])
centre, shift = (10.5, -20.25, 30.0), (1.5, -2.5, 3.25)
axis = (0.36, 0.48, 0.8)
zyx = sitk.Euler3DTransform(centre, 0.1, -0.2, 0.3, shift)
zyx.SetComputeZYX(True)
affine = sitk.AffineTransform((1.01, 0.02, -0.03, 0.04, 0.98, 0.01, -0.02, 0.03, 1.02), shift, centre)
rigid = sitk.VersorRigid3DTransform(axis, 0.4, shift)
rigid.SetCenter(centre)
similar = sitk.Similarity3DTransform(1.02, axis, 0.3, shift, centre)
composite = sitk.CompositeTransform([affine, rigid])
composite.AddTransform(sitk.TranslationTransform(3, shift))
kinds = {"euler": sitk.Euler3DTransform(centre, 0.1, -0.2, 0.3, shift), "euler_zyx": zyx, "affine": affine,
         "versor": sitk.VersorTransform(axis, 0.7, centre), "versor_rigid": rigid, "similarity": similar,
         "translation": sitk.TranslationTransform(3, shift), "composite": composite,
         "identity": sitk.Transform(3, sitk.sitkIdentity)}
for name, t in kinds.items():
    sitk.WriteTransform(t, str(folder / f"{name}.tfm"))
    print(name, matrix(t))


def renamed(name, source, old, new):
    file = folder / f"{name}.tfm"
    file.write_text((folder / f"{source}.tfm").read_text().replace(old, new))
    return file


# SimpleITK writes in double alone, and reads float.
for name in ("euler", "composite"):
    file = renamed(f"{name}_float", name, "_double_3_3", "_float_3_3")
    print(f"{name}_float", matrix(sitk.ReadTransform(str(file))))
# Unknown to SimpleITK, not to every program of ITK: an affine transform's numbers, its matrix a rotation.
c, s = math.cos(0.4), math.sin(0.4)
turn = sitk.AffineTransform((c, -s, 0, s, c, 0, 0, 0, 1), shift, centre)
sitk.WriteTransform(turn, str(folder / "turn.tfm"))
renamed("rigid3d", "turn", "AffineTransform", "Rigid3DTransform")
print("rigid3d", matrix(turn))
