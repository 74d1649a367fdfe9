"""How well `trivox register` finds rigid motion, beside elastix: `./run experiment registration` calls this.

usage: run.py BIN_DIR OUT_DIR --source DIR [--docs FILE] [--quick] [--fresh] [--remake] [--core N] [NAME...]

Makes the pairs (on all cores that it may use), measures on one core, writes OUT_DIR/NAME.json for every
experiment and OUT_DIR/gates.json, and with --docs the measured part of that page, if this run measured all
experiments (no NAME, and the real data there). Pairs and answers of the same programs that are on disk are
not made again. Exit code 1 where a demand does not hold.
"""
import argparse
import dataclasses
import json
import os
import re
import shutil
import sys
import time
import types

import circles
import hard
import pairs
import perturbed
import programs
import references
import report
import starts


def with_run(function, module):
    return types.SimpleNamespace(run=function, gates=module.gates, report=module.report)


NEED_REAL_DATA = ("perturbed", "circles", "references")
EXPERIMENTS = {
    "simulated": ("simulated pairs", with_run(pairs.simulated, pairs)),
    "neck": ("simulated pairs whose neck goes on", with_run(pairs.with_neck, pairs)),
    "phantoms": ("phantoms, a second anatomy", with_run(pairs.phantoms, pairs)),
    "perturbed": ("headers moved on real data", perturbed),
    "circles": ("circles through three sequences", circles),
    "references": ("references of ms-registration", references),
    "starts": ("starts from afar", starts),
    "hard": ("hard cases", hard),
}


@dataclasses.dataclass
class Context:
    programs: programs.Programs
    data: str  # where pairs are made
    source: str  # the real data
    quick: bool

    @property
    def has_real_data(self):
        return all(os.path.isdir(os.path.join(self.source, name)) for name in ("glioma", "ms-registration"))

    @staticmethod
    def say(text):
        print("  " + text, flush=True)


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return found.group(1) if found else "unknown processor"


def write_json(path, value):
    with open(path + ".unfinished", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")
    os.replace(path + ".unfinished", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", help="folder of the trivox program")
    parser.add_argument("out")
    parser.add_argument("--source", required=True, help="folder with glioma/ and ms-registration/")
    parser.add_argument("--docs", help="page whose measured part is written, by a run of all")
    parser.add_argument("--quick", action="store_true",
                        help="some pairs of each, to see that everything runs; results go to OUT_DIR/quick")
    parser.add_argument("--fresh", action="store_true", help="measure everything anew")
    parser.add_argument("--remake", action="store_true", help="make the pairs anew, too")
    parser.add_argument("--core", type=int, help="the one that is measured on")
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(EXPERIMENTS))
    arguments = parser.parse_intermixed_args()
    unknown = set(arguments.names) - set(EXPERIMENTS)
    if unknown:
        parser.error(f"no experiment {sorted(unknown)[0]}; there are {' '.join(EXPERIMENTS)}")
    top = os.path.abspath(arguments.out)
    made = os.path.join(top, "data")
    out = os.path.join(top, "quick") if arguments.quick else top
    os.makedirs(out, exist_ok=True)
    if arguments.remake:
        shutil.rmtree(made, ignore_errors=True)
    if (arguments.fresh or arguments.remake) and os.path.exists(os.path.join(out, "answers.jsonl")):
        os.remove(os.path.join(out, "answers.jsonl"))
    core = max(os.sched_getaffinity(0)) if arguments.core is None else arguments.core
    context = Context(programs.Programs(os.path.join(arguments.bin, "trivox"), out, core), made,
                      os.path.abspath(arguments.source), arguments.quick)
    results, gates = measure(context, arguments.names or list(EXPERIMENTS), out)
    if arguments.docs and not arguments.quick:
        write_docs(context.programs, results, arguments.docs)
    return 0 if all(gate["holds"] for gate in gates) else 1


def measure(context, names, out):
    """({name: result}, the demands as they came out)."""
    start, results, gates = time.monotonic(), {}, []
    for name, (title, module) in EXPERIMENTS.items():
        if name not in names:
            continue
        if name in NEED_REAL_DATA and not context.has_real_data:
            print(f"{title}: not measured, {context.source} lacks glioma/ or ms-registration/")
            continue
        print(f"{title}:", flush=True)
        result = module.run(context)
        results[name] = result
        write_json(os.path.join(out, name + ".json"), result)
        gates += [{"experiment": name, **dataclasses.asdict(gate)} for gate in module.gates(result)]
        context.say(f"({time.monotonic() - start:.0f} s since the start)")
    write_json(os.path.join(out, "gates.json"), gates)
    for gate in gates:
        holds = "holds" if gate["holds"] else "FAILS"
        print(f"{holds}  {gate['experiment']}: {gate['what']}: {gate['value']} ({gate['limit']})")
    return results, gates


def sessions(results):
    """Runs in which the times were taken that the page shows."""
    of_pairs = {row[side]["session"] for name in ("simulated", "neck", "phantoms")
                for row in results[name]["rows"] for side in pairs.SIDES}
    return of_pairs | {row["session"] for row in results["starts"]["rows"]}


def write_docs(program, results, page):
    """Only from all results at once: those of an earlier run may be of another program."""
    missing = [name for name in EXPERIMENTS if name not in results]
    if missing:
        print(f"{page}: not written, this run did not measure {', '.join(missing)}")
        return
    state = {"trivox": program.trivox_version, "elastix": program.elastix_version, "cores": os.cpu_count(),
             "processor": processor(), "date": time.strftime("%Y-%m-%d"), "sessions": len(sessions(results))}
    report.write_between(page, report.measured(state, EXPERIMENTS, results))


if __name__ == "__main__":
    sys.exit(main())
