"""Small text files of ITK's transforms; the oracle is SimpleITK, in a process of its own each time: it
crashes where a number is none."""
import json
import os

import numpy as np
import SimpleITK as sitk

from mutate import mutate_bytes

LEAST_ACCEPTED = 0.1
MEMORY = 40  # numbers as text become doubles, and a transform of a line is three texts and lists
LPS = np.diag([-1.0, -1, 1, 1])


def seeds(folder):
    centre, shift, axis = (10.5, -20.25, 30.0), (1.5, -2.5, 3.25), (0.36, 0.48, 0.8)
    euler = sitk.Euler3DTransform(centre, 0.1, -0.2, 0.3, shift)
    versor = sitk.VersorRigid3DTransform(axis, 0.4, shift)
    affine = sitk.AffineTransform((1.01, 0.02, -0.03, 0.04, 0.98, 0.01, -0.02, 0.03, 1.02), shift, centre)
    similar = sitk.Similarity3DTransform(1.02, axis, 0.3, shift, centre)
    composite = sitk.CompositeTransform([affine, versor])
    out = {}
    for name, transform in {"euler": euler, "versor": versor, "affine": affine, "similar": similar,
                            "composite": composite}.items():
        sitk.WriteTransform(transform, str(folder / f"seed-{name}.tfm"))
        out[name] = (folder / f"seed-{name}.tfm").read_bytes()
    return out


def write(folder, name, data):
    path = folder / (name + ".tfm")
    path.write_bytes(data)
    return path


WORDS = [b"nan", b"inf", b"-inf", b"1e999", b"1e-999", b"0x10", b"1,5", b"-0", b"+1", b"1.", b".5", b"--1",
         b"", b"1e3", b"Transform: IdentityTransform_double_3_3", b"Transform:", b"FixedParameters:",
         b"Parameters:",
         b"Euler3DTransform_double_3_3", b"AffineTransform_double_2_2", b"TranslationTransform_double_3_3",
         b"Euler2DTransform_double_2_2", b"CompositeTransform_double_3_3", b"Similarity3DTransform_float_3_3",
         b"#Transform 0", b"\n", b"\r\n", b"\t"]


def mutate(data, rng, all_seeds):
    others = [all_seeds[k] for k in sorted(all_seeds)]
    for _ in range(rng.choice([1, 1, 2])):
        if rng.random() < 0.6:  # a word
            words = data.split(b" ")
            words[rng.randrange(len(words))] = rng.choice(WORDS)
            data = b" ".join(words)
        elif rng.random() < 0.5:  # a line lost, repeated or at another place
            lines = data.split(b"\n")
            line = lines.pop(rng.randrange(len(lines)))
            for _ in range(rng.choice([0, 1, 2])):
                lines.insert(rng.randrange(len(lines) + 1), line)
            data = b"\n".join(lines)
        else:
            data = mutate_bytes(data, rng, others)
    return data


def bytes_there(path):
    return path.stat().st_size


def read(path):
    t = sitk.ReadTransform(str(path))
    matrix = np.eye(4)
    matrix[:3, 3] = t.TransformPoint((0, 0, 0))
    for i in range(3):
        matrix[:3, i] = np.array(t.TransformPoint(tuple(np.eye(3)[i]))) - matrix[:3, 3]
    return LPS @ matrix @ LPS


def oracle(path):
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = {"affine": read(path).tolist()}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        os.write(theirs, json.dumps(answer).encode()[:4096])
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    try:
        answer = json.loads(text)
    except ValueError:
        return "it crashes"
    if "error" in answer:
        return answer["error"]
    return {"shape": (200, 200, 200), "values": [], "affine": np.array(answer["affine"])}


def allowed(path, read, expected):
    return None
