"""Writes the measured part of docs/registration.md from the experiments' JSON."""
import re

import tables

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def measured(state, experiments, results):
    """state: facts of the run. experiments: {name: (title, module)}. results: {name: result}."""
    parts = ["{trivox}, {elastix}; one core of {cores}, {processor}; {date}.".format(**state)]
    if state["sessions"] > 1:
        parts.append(f"The times are of {state['sessions']} runs, of which some may have been disturbed.")
    gates = [(title, gate) for name, (title, module) in experiments.items() if name in results
             for gate in module.gates(results[name])]
    parts.append(tables.table(["experiment", "demand", "limit", "measured", "holds"],
                              [[title, gate.what, gate.limit, gate.value, "yes" if gate.holds else "**no**"]
                               for title, gate in gates]))
    for name, (title, module) in experiments.items():
        if name in results:
            parts.append(f"### {title[0].upper()}{title[1:]}\n\n{module.report(results[name])}")
    return "\n\n".join(parts)


def write_between(path, text):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(END) < page.index(BEGIN):
        raise SystemExit(f"{path}: expected one '{BEGIN}' and one '{END}' after it")
    page = re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)
