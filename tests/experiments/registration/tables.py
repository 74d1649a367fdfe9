"""Figures and tables as text."""
import dataclasses
import statistics

import numpy as np


@dataclasses.dataclass
class Gate:
    """One demand on a result."""
    what: str
    limit: str
    value: str
    holds: bool


def at_most(what, value, limit, unit="mm", digits=2):
    """A value or a limit that is None is of something that did not happen, and does not hold."""
    return Gate(what, f"at most {number(limit, digits)} {unit}", f"{number(value, digits)} {unit}",
                value is not None and limit is not None and value <= limit)


def above(what, value, limit, unit="mm", digits=2):
    return Gate(what, f"above {number(limit, digits)} {unit}", f"{number(value, digits)} {unit}",
                value is not None and limit is not None and value > limit)


def at_least(what, value, limit, unit="%", digits=0):
    return Gate(what, f"at least {limit:.{digits}f} {unit}", f"{number(value, digits)} {unit}",
                value is not None and value >= limit)


def none_of(what, found):
    return Gate(what, "none", ", ".join(found) or "none", not found)


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def median(values):
    """One without an answer counts as worse than every other; None where that is the median."""
    found = statistics.median(float("inf") if v is None else v for v in values)
    return None if found == float("inf") else found


def worst(values):
    """None where one is without an answer."""
    values = list(values)
    return None if None in values else max(values)


def mean(values):
    values = list(values)
    return None if None in values else statistics.fmean(values)


def percentile(values, q):
    return float(np.percentile(values, q, method="higher"))


def share(flags):
    """In per cent; None of nothing."""
    flags = list(flags)
    return 100 * sum(flags) / len(flags) if flags else None


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])
