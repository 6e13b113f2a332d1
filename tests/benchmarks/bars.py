"""A bar of IMAGING.md's last section: judged over everybody, and for the tune and the report-only part."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found over some rows. `worst` names cases, the worst first."""

    text: str
    passed: bool
    worst: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. The parts are None where nothing of them was measured; `all` decides."""

    name: str
    bound: str
    all: Outcome
    tune: Outcome | None = None
    report: Outcome | None = None

    def lines(self) -> list[str]:
        """The bar for a terminal."""
        parts = [
            f"{name} {one.text} {_word(one)}"
            for name, one in (("tune", self.tune), ("report", self.report))
            if one
        ]
        out = [f"{_word(self.all)}  {self.name}: {self.all.text}  (bar {self.bound})"]
        if parts:
            out.append("        " + "  |  ".join(parts))
        if self.all.worst:
            out.append("        worst: " + "; ".join(self.all.worst))
        return out


def _word(outcome: Outcome) -> str:
    return "pass" if outcome.passed else "FAIL"


def judge(
    name: str,
    bound: str,
    rows: Sequence[Any],
    part: Callable[[Any], str],
    outcome: Callable[[Sequence[Any]], Outcome],
) -> Bar:
    """The bar over all rows and over each part that has any. No rows at all fail: nothing was shown."""
    if not rows:
        return Bar(name, bound, Outcome("nothing to measure", False))
    parts = {which: [row for row in rows if part(row) == which] for which in ("tune", "report")}
    found = {which: outcome(some) if some else None for which, some in parts.items()}
    return Bar(name, bound, outcome(rows), found["tune"], found["report"])


def share(passed: Iterable[bool]) -> float:
    """Share of true values; NaN of none."""
    values = list(passed)
    return sum(values) / len(values) if values else math.nan


def worst(rows: Iterable[tuple[float, str]], count: int = 4) -> tuple[str, ...]:
    """The names with the greatest numbers, each with its number."""
    ordered = sorted(rows, key=lambda row: -row[0])[:count]
    return tuple(f"{name} {value:.3g}" for value, name in ordered)
