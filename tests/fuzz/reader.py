"""Reading many paths in one process of trivox-read-each."""
import json
import subprocess

import numpy as np


def read_all(program, name, paths, folder, seconds=1):
    """Runs the program until every path has an answer; one that ended it has the key "crash"."""
    values = folder / f"{name}.bin"
    answers, left = {}, [str(p) for p in paths]
    while left:
        done = subprocess.run([program, name, values, str(seconds)], input="\n".join(left) + "\n",
                              capture_output=True, text=True, errors="replace")
        begun = None
        for line in done.stdout.split("\n"):
            try:
                answer = json.loads(line)
            except ValueError:  # a library's own print
                continue
            if "begin" in answer:
                begun = answer["begin"]
            else:
                answers[answer["path"]] = answer
        if begun is None or (done.returncode == 0 and begun == left[-1]):
            break
        if begun in answers:  # the end itself failed, as with a leak
            answers[begun]["crash"] = done.stderr[-3000:]
            break
        answers[begun] = {"path": begun, "crash": f"exit {done.returncode}: {done.stderr[-3000:]}"}
        left = left[left.index(begun) + 1:]
    voxels = np.fromfile(values, np.float32) if values.exists() else np.zeros(0, np.float32)
    for answer in answers.values():
        if "at" in answer:
            start = answer["at"] // 4
            answer["values"] = voxels[start:start + answer["count"]]
    return answers
