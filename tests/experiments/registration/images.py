"""NIfTI images on disk, and the body in them."""
import os

import nibabel as nib
import numpy as np
import scipy.ndimage as ndi
import SimpleITK as sitk

POINTS = 5000  # at which distances are measured


def save(path, voxels, affine):
    """Uncompressed; under its name only once it is whole. Axes run as near to right, front and up as they
    can: both forms are set, since ITK refuses an oblique sform for its rounding, and where axes run against
    the world's a quaternion of float32 moves a corner by up to .2 mm."""
    image = nib.as_closest_canonical(nib.Nifti1Image(voxels, affine))
    image.set_qform(image.affine, 1)
    image.set_sform(image.affine, 1)
    unfinished = os.path.join(os.path.dirname(path), "unfinished-" + os.path.basename(path))
    nib.save(image, unfinished)
    os.replace(unfinished, path)


def int16(voxels):
    return np.clip(np.round(voxels), 0, 32767).astype(np.int16)


def load(path):
    """(voxels as they are stored, affine)."""
    image = nib.load(path)
    return np.asarray(image.dataobj), image.affine


def body_mask(voxels):
    """Half of Otsu's threshold, the largest component, filled slice by slice."""
    image = sitk.GetImageFromArray(voxels.astype(np.float32))
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.Execute(image)
    mask = voxels > otsu.GetThreshold() / 2
    labels, count = ndi.label(mask)
    mask = labels == 1 + np.argmax(ndi.sum(mask, labels, range(1, count + 1)))
    for k in range(mask.shape[2]):
        mask[:, :, k] = ndi.binary_fill_holes(mask[:, :, k])
    return mask


def mask_points(mask, affine, rng):
    """World coordinates of some of the mask's voxels."""
    found = np.argwhere(mask)
    if len(found) > POINTS:
        found = found[rng.choice(len(found), POINTS, replace=False)]
    return found @ affine[:3, :3].T + affine[:3, 3]


def body_points(path):
    voxels, affine = load(path)
    return mask_points(body_mask(voxels), affine, np.random.default_rng(1))


def put_elsewhere(path, out, motion):
    """The same voxels, moved in the world by `motion`: the header alone changes. Returns the motion that the
    header tells, which keeps 7 digits."""
    voxels, affine = load(path)
    save(out, voxels, motion @ affine)
    told = nib.load(out).affine
    if np.abs(told - motion @ affine).max() > 1e-4:
        raise ValueError(f"{out}: the voxels were reordered, expected a motion of less than 45 degrees")
    return told @ np.linalg.inv(affine)


def regridded(path, out, matrix, tilt_deg, phase_slices):
    """The image by cubic B-splines on another grid about the same centre: `matrix` voxels along either axis
    of the plane, tilted, and shifted by a part of a slice."""
    voxels, affine = load(path)
    image = sitk.GetImageFromArray(np.ascontiguousarray(voxels.T.astype(np.float32)))
    size, zooms = np.array(voxels.shape), np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing(zooms.tolist())
    axes = affine[:3, :3] / zooms
    # In the image's own frame, the origin in its middle.
    image.SetOrigin((-zooms * (size - 1) / 2).tolist())
    turn = np.deg2rad(tilt_deg)
    inner = np.array([[1, 0, 0], [0, np.cos(turn), -np.sin(turn)], [0, np.sin(turn), np.cos(turn)]])
    new_size = np.array([matrix, matrix, size[2]])
    new_zooms = zooms * [size[0] / matrix, size[1] / matrix, 1] * [1.02, 1.02, 1]
    corner = inner @ (-new_zooms * (new_size - 1) / 2) + [0, 0, phase_slices * zooms[2]]
    done = sitk.Resample(image, new_size.tolist(), sitk.Transform(3, sitk.sitkIdentity), sitk.sitkBSpline,
                         corner.tolist(), new_zooms.tolist(), inner.ravel().tolist(), 0.0, sitk.sitkFloat32)
    new = np.eye(4)
    new[:3, :3] = axes @ inner @ np.diag(new_zooms)
    middle = affine[:3, :3] @ ((size - 1) / 2) + affine[:3, 3]
    new[:3, 3] = middle + axes @ corner
    save(out, int16(sitk.GetArrayFromImage(done).T), new)
