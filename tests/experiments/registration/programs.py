"""The two programs, run as whole processes on one core; what they answered is kept on disk."""
import dataclasses
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

import images
import rigid

HERE = os.path.dirname(os.path.abspath(__file__))
PYRAMIDS = ("recursive", "smoothing")  # elastix_NAME.txt
OPEN = {"registration.most_shift_mm": 1000, "registration.most_turn_deg": 180}
OTHER_FRAME = {"registration.frames": "other"}


def one_thread():
    return dict(os.environ, OMP_NUM_THREADS="1", ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS="1")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:12]


@functools.cache
def digest_of_state(path, _changed, _size):
    return digest(path)


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Two files to be registered; where there is a motion, the moving one's header is moved by it first."""
    fixed: str
    moving: str
    motion: np.ndarray | None = None

    def made(self, folder):
        """(fixed path, moving path, facts to be kept)."""
        if self.motion is None:
            return self.fixed, self.moving, {}
        path = os.path.join(folder, "moving.nii")
        in_header = images.put_elsewhere(self.moving, path, self.motion)
        return self.fixed, path, {"motion": in_header.tolist()}

    def digest(self):
        """Of what they are made from, so that nothing is written for an answer that is kept."""
        parts = []
        for path in (self.fixed, self.moving):
            state = os.stat(path)
            parts.append(digest_of_state(path, state.st_mtime_ns, state.st_size))
        if self.motion is not None:
            parts.append(hashlib.sha256(self.motion.tobytes()).hexdigest()[:12])
        return " ".join(parts)


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def told(command, code, output, errors):
    """What trivox register printed, or `error` where it refused its input. Whatever else it does is a fault
    of the program and no answer: the run stops with what was said."""
    if code == 1 and not output.strip() and errors.strip():
        return {"error": last_line(errors)}
    if code not in (0, 1) or not output.strip():
        end = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
        raise SystemExit(f"{' '.join(command)}: {end}, expected an answer\n{errors}{output}")
    answer = json.loads(output)
    return {k: answer[k] for k in answer if k not in ("fixed", "moving")}


class Programs:
    """Answers by a key: each is asked for once, and again only after --fresh, from another program or for
    other files."""

    def __init__(self, trivox, out, core):
        self.trivox, self.core = os.path.abspath(trivox), core
        self.session = time.strftime("%Y-%m-%dT%H:%M:%S")
        self.folder = tempfile.TemporaryDirectory(prefix="scratch-", dir=out)  # goes with this object
        self.scratch = self.folder.name
        self.store = os.path.join(out, "answers.jsonl")
        self.answers = {}
        if os.path.exists(self.store):
            with open(self.store, encoding="utf-8") as file:
                for line in file:
                    if line.endswith("}\n"):  # the last may have been cut off
                        entry = json.loads(line)
                        self.answers[entry["key"]] = entry
        self.trivox_tag = digest(self.trivox)
        self.trivox_version = self._version([self.trivox, "--version"])
        self.elastix_version = self._version(["elastix", "--version"])

    @staticmethod
    def _version(command):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return re.sub(r" version:", "", last_line(done.stdout))

    def register(self, name, inputs, settings=None):
        """trivox' answer: outcome, found, transform (4 x 4 lists), ..., or `error` where it refused."""
        settings = settings or {}
        key = f"trivox {self.trivox_tag} {name} {inputs.digest()} {json.dumps(settings, sort_keys=True)}"

        def ask():
            fixed, moving, facts = inputs.made(self.scratch)
            command = [self.trivox, "register", fixed, moving, "--json", "--threads", "1"]
            for field, value in settings.items():
                command += ["--set", f"{field}={value}"]
            took, output, errors = self._run(command)
            return {**took, **facts, **told(command, took["code"], output, errors)}
        return self._kept(key, ask)

    def elastix(self, name, inputs, pyramid, seed=121212):
        """elastix' answer: found, or `error`."""
        parameters = os.path.join(HERE, f"elastix_{pyramid}.txt")
        key = f"elastix {self.elastix_version} {digest(parameters)} {name} {inputs.digest()} {seed}"

        def ask():
            fixed, moving, facts = inputs.made(self.scratch)
            with open(parameters, encoding="utf-8") as file:
                text = re.sub(r"\(RandomSeed \d+\)", f"(RandomSeed {seed})", file.read())
            folder = os.path.join(self.scratch, "elastix")
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            chosen = os.path.join(self.scratch, "elastix.txt")
            with open(chosen, "w", encoding="utf-8") as file:
                file.write(text)
            took, output, errors = self._run(["elastix", "-f", fixed, "-m", moving, "-p", chosen,
                                              "-out", folder, "-threads", "1"])
            if took["code"] != 0:
                return {**took, **facts, "error": last_line(errors) or last_line(output)}
            found = rigid.read_elastix(os.path.join(folder, "TransformParameters.0.txt"))
            return {**took, **facts, "found": found.tolist()}
        return self._kept(key, ask)

    def _kept(self, key, ask):
        if key not in self.answers:
            entry = {"key": key, "session": self.session, **ask()}
            with open(self.store, "a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
            self.answers[key] = entry
        return self.answers[key]

    def _run(self, command):
        """(what it took, standard output, standard error)."""
        output = os.path.join(self.scratch, "output.txt")
        launch = [sys.executable, "-S", "-E", os.path.join(HERE, "launch.py"), str(self.core), output]
        done = subprocess.run(launch + command, capture_output=True, text=True, env=one_thread(), check=True)
        took = json.loads(last_line(done.stdout))
        if -took["code"] in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            raise SystemExit(f"{' '.join(command)}: ended by signal {-took['code']}")  # no answer to be kept
        with open(output, encoding="utf-8", errors="replace") as file:
            return took, file.read(), done.stderr


def undone(answer):
    """What was found, less the motion of the moving image's header; None where there is no answer."""
    if "found" not in answer:
        return None
    return np.linalg.inv(answer["motion"]) @ np.array(answer["found"])


def off_by(answer, truth, points, which="found"):
    """Mean distance in mm from the truth; None where there is no answer."""
    return rigid.distance(np.array(answer[which]), truth, points) if which in answer else None
