"""The harness itself, with programs that only pretend: what it prints and writes. Takes no argument."""
import contextlib
import dataclasses
import functools
import io
import json
import os
import stat
import struct
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import answers
import bench
import data
import rows

FAKE_BENCH = """#!{python}
import json
run = {{"run_type": "iteration", "real_time": 2.0, "time_unit": "ms", "work": 50.0}}
print(json.dumps({{"benchmarks": [run, run, run, {{"run_type": "aggregate", "real_time": 9.0}}]}}))
"""
FAKE_TRIVOX = """#!{python}
import os, sys
print("trivox 1.2.3" if "--version" in sys.argv else bytearray(50_000_000)[7], flush=True)
if sys.argv[1] == "register":  # OUT, how far from the truth in mm, how many cores it expects
    if len(os.sched_getaffinity(0)) != int(sys.argv[4]):
        sys.exit("other cores")
    with open(sys.argv[2] + "/ours.tfm", "w") as file:
        file.write("Transform: Euler3DTransform_double_3_3\\nParameters: 0 0 0 " + sys.argv[3] +
                   " 0 0\\nFixedParameters: 1 2 3 0\\n")
"""
FAKE_ELASTIX = """#!{python}
import os, sys, time
if "--version" in sys.argv:
    print("elastix version: 8.9")
elif len(os.sched_getaffinity(0)) == 1:
    time.sleep(1)
    with open(sys.argv[1] + "/TransformParameters.0.txt", "w") as file:
        file.write('(TransformParameters 0 0 0 0 0 0)\\n(CenterOfRotationPoint 1 2 3)\\n')
else:
    sys.exit("the peer has more than one core")
"""
FAKE_PEER = """
import sys, time
sys.path.insert(0, {peers!r})
from serve import serve
def once():
    print("chatter that is no answer")
    time.sleep(0.01)
    return {work}
serve("Peer 4.5", once, least_seconds=0.03)
"""
FAKE_BROKEN = """
import sys
sys.exit(None if "--version" in sys.argv else "out of luck")
"""
FAKE_HEAVY = """
import sys
print("Heavy 6.7") if "--version" in sys.argv else bytearray(400_000_000)
"""


def write(path, text, executable=False):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    if executable:
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)


CORES = sorted(os.sched_getaffinity(0))


def run(folder, table, peers=sys.executable, names=(), cores=CORES, rounds=3):
    os.sched_setaffinity(0, cores)
    bench.table.ROWS = table
    bench.PEERS = folder
    sys.argv = ["bench.py", "--bin", folder, "--made", os.path.join(folder, "made"), "--test-data", folder,
                "--json", os.path.join(folder, "bench.json"), "--peers", peers, "--rounds", str(rounds),
                *names]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        bench.main()
    with open(os.path.join(folder, "bench.json"), encoding="utf-8") as file:
        return out.getvalue(), {entry["name"]: entry for entry in json.load(file)}


def refuse(folder, table, names, message):
    try:
        run(folder, table, names=names, rounds=1)
    except SystemExit as stop:
        assert str(stop) == message, stop
    else:
        raise AssertionError(message)


with tempfile.TemporaryDirectory() as folder:
    write(os.path.join(folder, "trivox-bench"), FAKE_BENCH.format(python=sys.executable), True)
    write(os.path.join(folder, "trivox"), FAKE_TRIVOX.format(python=sys.executable), True)
    for name, work in (("good.py", 50), ("other_work.py", 51)):
        write(os.path.join(folder, name), FAKE_PEER.format(peers=os.path.join(HERE, "peers"), work=work))
    write(os.path.join(folder, "missing.py"), "import a_module_that_is_not_there\n")
    write(os.path.join(folder, "heavy.py"), FAKE_HEAVY)
    write(os.path.join(folder, "broken.py"), FAKE_BROKEN)
    elastix = os.path.join(folder, "elastix")
    write(elastix, FAKE_ELASTIX.format(python=sys.executable), True)
    # Points that stay where they are.
    write(os.path.join(folder, "truth.json"), json.dumps({"fixed_ras_mm": [[0, 0, 0], [10, 20, 30]],
                                                          "moving_ras_mm": [[0, 0, 0], [10, 20, 30]]}))

    def here(places):
        return folder

    def twice(places):
        return [folder, folder]

    good = rows.Row("good", "something", here, "x", "good.py")
    table = [
        good,
        rows.Row("good-rate", "something", here, "x", "good.py", rows.RATE),
        rows.Row("missing", "something", here, "x", "missing.py"),
        rows.Row("no-data", "something", lambda places: None, "x", "good.py"),
        rows.Row("memory", "something", here, "--out {out}", "heavy.py", rows.MEMORY),
    ]
    text, entries = run(folder, table)
    assert text.startswith("trivox 1.2.3; one core of "), text
    assert list(entries) == ["good", "good-rate", "missing", "memory"], entries
    keys = {"name", "ours", "peer", "peer_name", "unit", "ratio", "ratio_min", "ratio_max"}
    assert all(set(entry) == keys for entry in entries.values()), entries
    made = entries["good"]
    assert made["ours"] == 2.0 and made["unit"] == "ms" and made["peer_name"] == "Peer 4.5", made
    # The peer sleeps 10 ms, so that it takes 5 times as long, a little more on a busy machine.
    assert 10 <= made["peer"] and 5 <= made["ratio_min"] <= made["ratio"] <= made["ratio_max"], made
    rate = entries["good-rate"]  # 50 files in 2 ms and in at least 10 ms
    assert rate["ours"] == 25000 and rate["peer"] <= 5000 and rate["ratio_min"] >= 5, rate
    assert entries["missing"]["peer"] is None and entries["missing"]["ratio"] is None, entries["missing"]
    assert "No module named 'a_module_that_is_not_there'" in entries["missing"]["peer_name"]
    # The pretended trivox holds 50 MB, the peer 400 MB.
    memory = entries["memory"]
    assert 50 < memory["ours"] < 150 and 400 < memory["peer"] and memory["peer_name"] == "Heavy 6.7", memory
    assert "no-data            not measured: its test data is not there (TRIVOX_TEST_DATA)" in text, text

    text, entries = run(folder, table, peers="", names=["good"])
    assert list(entries) == ["good", "good-rate"], entries
    assert entries["good"]["peer_name"] == "absent: no Python with the peers", entries["good"]
    assert "good               ours     2.0 ms   peer absent: no Python with the peers" in text, text

    refuse(folder, [rows.Row("differs", "something", here, "x", "other_work.py")], (),
           "differs: trivox did 50, Peer 4.5 51: not the same work")
    refuse(folder, [good], ["nothing"], "no row nothing; there are: good")

    whole = rows.Row("whole", "something", twice, "register {out} 0.3 1", elastix + " {out}", whole=True,
                     answer=answers.registered)
    changed = functools.partial(dataclasses.replace, whole)
    text, entries = run(folder, [
        whole,
        changed(name="whole-memory", unit=rows.MEMORY, beside=lambda path: 20, peer="heavy.py", answer=None),
        changed(name="whole-alone", peer="no-such-program {out}"),
        changed(name="whole-broken", peer="broken.py"),
        changed(name="whole-failed", ours="register {out} 0.3 100"),
    ], rounds=1)
    made = entries["whole"]
    # The peer sleeps a second for either of the two.
    assert made["peer_name"] == "elastix 8.9" and 2000 <= made["peer"] and made["unit"] == "ms", made
    assert 1 < made["ratio_min"] <= made["ratio"] <= made["ratio_max"], made
    memory = entries["whole-memory"]  # of one of the two, 20 MB of it not counted
    assert 30 < memory["ours"] < 80 and 380 < memory["peer"] < 500, memory
    assert entries["whole-alone"]["peer_name"] == "absent: no-such-program is not installed"
    assert entries["whole-broken"]["peer_name"] == "absent: exit code 1: out of luck", entries["whole-broken"]
    assert entries["whole-broken"]["ours"] > 0 and entries["whole-broken"]["ratio"] is None
    assert "whole-failed       not measured: exit code 1: other cores" in text, text

    two = changed(name="two", ours="register {out} 0.3 2", cores=2)
    for cores, is_measured in ((CORES[:1], False), (CORES[:2], len(CORES) > 1)):
        text, entries = run(folder, [two], cores=cores, rounds=1)
        assert ("two" in entries) == is_measured, text
        assert is_measured or "two                not measured: it needs 2 cores, there is 1" in text, text

    refuse(folder, [changed(ours="register {out} 1.5 1")], (),
           f"whole: trivox: {os.path.basename(folder)}: 1.50 mm off the truth, expected at most 1.0 mm")
    refuse(folder, [changed(answer=lambda data, out: os.listdir(out))], (),
           "whole: trivox made [['ours.tfm'], ['ours.tfm']], elastix 8.9 [['TransformParameters.0.txt'], "
           "['TransformParameters.0.txt']]: not the same work")

with tempfile.TemporaryDirectory() as folder:
    def registered(name, text, error):
        write(os.path.join(folder, name), text)
        try:
            answers.registered(folder, folder)
            assert error is None, text
        except answers.Wrong as fault:
            assert str(fault) == error, fault
        os.remove(os.path.join(folder, name))

    # SimpleITK 2.5.7: Euler3DTransform((10,-20,30), .1, .2, .3, (4,5,6)).TransformPoint((1,2,3)), in LPS.
    write(os.path.join(folder, "truth.json"), json.dumps(
        {"fixed_ras_mm": [[-1, -2, 3]], "moving_ras_mm": [[6.748043531929425, -4.0737953105196905 + 0.9,
                                                           13.645827636667946]]}))
    itk = ("#Insight Transform File V1.0\nTransform: Euler3DTransform_double_3_3\n"
           "Parameters: .1 .2 .3 {x} 5 6\nFixedParameters: 10 -20 30{zyx}\n")
    elastix = ("(NumberOfParameters 6)\n(TransformParameters .1 .2 .3 4 5 6)\n"
               '(CenterOfRotationPoint 10 -20 30)\n(ComputeZYX "{zyx}")\n')
    name = os.path.basename(folder)
    registered("a.tfm", itk.format(x=4, zyx=""), None)
    registered("a.tfm", itk.format(x=4, zyx=" 0"), None)
    registered("a.tfm", itk.format(x=4.6, zyx=""), f"{name}: 1.08 mm off the truth, expected at most 1.0 mm")
    registered("a.tfm", itk.format(x="nan", zyx=""), f"{name}: nan mm off the truth, expected at most 1.0 mm")
    other = "a.tfm: no Euler3DTransform of six parameters about a centre"
    registered("a.tfm", itk.format(x=4, zyx=" 1"), other)
    registered("a.tfm", "", other)
    registered("a.tfm", itk.replace("Euler3D", "Affine"),
               "a.tfm: expected a Euler3DTransform that turns by y first")
    registered("TransformParameters.0.txt", elastix.format(zyx="false"), None)
    registered("TransformParameters.0.txt", elastix.format(zyx="true"),
               "TransformParameters.0.txt: expected a Euler3DTransform that turns by y first")
    registered("TransformParameters.1.txt", "", "no transform written, expected one transform")

    # A NIfTI-1 header of 5 x 6 x 7 and one of 10 x 1 x 1 voxels: 220 of 4 bytes.
    for file, size in (("fixed.nii", (5, 6, 7)), ("moving.nii", (10, 1, 1))):
        with open(os.path.join(folder, file), "wb") as out:
            out.write(bytes(40) + struct.pack("<8h", 3, *size, 1, 1, 1, 1))
    assert data.volumes_mb(folder) == 220 * 4 / 1e6

    # Two patients; a manifest with as many samples, and with fewer.
    for patient in ("001", "002"):
        os.makedirs(os.path.join(folder, "data", "MRI-Segments", patient))
    for samples in (2, 1):
        write(os.path.join(folder, "manifest.json"), json.dumps(
            {"samples": [{}] * samples, "shards": [{"file": "a.tar", "xxh3": "abc"}]}))
        try:
            assert answers.preprocessed(folder, folder) == ["abc"] and samples == 2
        except answers.Wrong as fault:
            assert str(fault) == "1 samples, expected 2" and samples == 1, fault
print("the harness prints and writes what it should")
