"""Rates and medians by group, with how sure they are, and the gaps between groups.

Intervals: Wilson 1927 for rates, bootstrap of people for medians and means (Efron 1979, percentile). Gaps:
Fisher's exact test for rates and Mann & Whitney 1947 for numbers, each group against everybody else, over all
comparisons of the report corrected by Holm 1979.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from generation.imaging.fairness import ATTRIBUTES, Result

# A group of fewer people says nothing: with none of nine affected, a third of all such people still may be.
LEAST_PEOPLE: Final = 10
_SURE: Final = 0.95
_ALPHA: Final = 0.05
_SAMPLES: Final = 2000
# The bars of IMAGING.md on skin: median |ITA drift|, and mean signed lightness drift in every tone bin.
ITA_BAR_DEG, L_BAR = 4.0, 1.5
# From the lightest; any other label follows in alphabetical order.
_ORDER: Final = ("very_light", "light", "intermediate", "tan", "brown", "dark")
UNLABELLED: Final = ""

Kind = Literal["rate", "median", "mean"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing that is compared. `read` gives (affected, of how many) for a rate, else a person's value."""

    key: str
    title: str
    kind: Kind
    unit: str
    # What counts as worse: more, less, or far from zero.
    worse: Literal["more", "less", "far"]
    read: Callable[[Result], Sequence[float]]
    # |value| beyond which the product's own bar is missed; None: no bar.
    bar: float | None = None
    # Only for engines that draw.
    drawn_only: bool = False


def _median_size(values: Sequence[float]) -> list[float]:
    return [float(np.median(np.abs(values)))] if values else []


def _mean(values: Sequence[float]) -> list[float]:
    return [float(np.mean(values))] if values else []


METRICS: Final = (
    Metric("rejected", "Photos rejected", "rate", "of photos", "more",
           lambda one: (one.rejected, one.photos)),
    Metric("warned", "Photos with a warning", "rate", "of photos", "more",
           lambda one: (one.warned, one.photos)),
    Metric("without", "People without a headshot", "rate", "of people", "more",
           lambda one: (float(one.shown == 0), 1)),
    Metric("refused", "Pictures refused by a gate", "rate", "of pictures made", "more",
           lambda one: (sum(one.refused.values()), sum(one.refused.values()) + one.shown)),
    Metric("again", "People who needed other seeds", "rate", "of people", "more",
           lambda one: (float(one.further_rounds > 0 or one.own_photo_instead), 1), drawn_only=True),
    Metric("own_photo", "People who got their own photo instead", "rate", "of people", "more",
           lambda one: (float(one.own_photo_instead), 1), drawn_only=True),
    Metric("likeness", "Likeness of the best picture", "median", "of 1", "less",
           lambda one: [max(one.likeness)] if one.likeness else []),
    Metric("ita_drift", "Skin tone drift, size of ΔITA", "median", "°", "more",
           lambda one: _median_size(one.ita_drift_deg), bar=ITA_BAR_DEG),
    Metric("l_drift", "Skin lightness drift, signed ΔL*", "mean", "L*", "far",
           lambda one: _mean(one.l_drift), bar=L_BAR),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric in one group. `of` counts what the value is taken of; value None: nothing to count."""

    value: float | None
    low: float | None
    high: float | None
    count: float
    of: int


@dataclass(frozen=True, slots=True)
class Group:
    """The people with one label of one attribute."""

    attribute: str
    label: str
    people: int
    cells: dict[str, Cell]

    @property
    def judged(self) -> bool:
        """Whether it has enough people to say anything."""
        return self.people >= LEAST_PEOPLE and self.label != UNLABELLED


@dataclass(frozen=True, slots=True)
class Gap:
    """A group that differs from everybody else. `clear` survives the correction for many comparisons;
    `worse`: it is this group that fares worse."""

    attribute: str
    label: str
    metric: str
    value: float
    others: float
    p: float
    worse: bool
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Missed:
    """A bar of the product that a group misses."""

    attribute: str
    label: str
    metric: str
    value: float
    bar: float


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the report says."""

    everybody: Group
    groups: list[Group]
    gaps: list[Gap]
    missed: list[Missed]
    # (attribute, label, people) of groups too small to judge.
    small: list[tuple[str, str, int]]
    metrics: tuple[Metric, ...]
    comparisons: int


def judge(results: Sequence[Result], *, drawn: bool) -> Findings:
    """Count, compare and name. `drawn`: the engine draws, so that seeds and fallbacks mean something."""
    metrics = tuple(metric for metric in METRICS if drawn or not metric.drawn_only)
    groups = [
        _group(attribute, label, [one for one in results if one.labels.get(attribute, "") == label], metrics)
        for attribute in ATTRIBUTES
        for label in _labels(results, attribute)
    ]
    judged = [group for group in groups if group.judged]
    gaps, comparisons = _gaps(judged, results, metrics)
    return Findings(
        everybody=_group("", "everybody", results, metrics),
        groups=groups,
        gaps=gaps,
        missed=_missed(judged, metrics),
        small=[(one.attribute, one.label, one.people) for one in groups
               if not one.judged and one.label != UNLABELLED],
        metrics=metrics,
        comparisons=comparisons,
    )  # fmt: skip


def _labels(results: Sequence[Result], attribute: str) -> list[str]:
    found = {one.labels.get(attribute, "") for one in results}
    if found == {UNLABELLED}:
        return []
    known = [label for label in _ORDER if label in found]
    return [*known, *sorted(found - {*known, UNLABELLED}), *([UNLABELLED] if UNLABELLED in found else [])]


def _group(attribute: str, label: str, some: Sequence[Result], metrics: Sequence[Metric]) -> Group:
    return Group(attribute, label, len(some), {metric.key: cell(metric, some) for metric in metrics})


def cell(metric: Metric, some: Sequence[Result]) -> Cell:
    """One metric over some people."""
    if metric.kind == "rate":
        pairs = [metric.read(one) for one in some]
        count, of = sum(pair[0] for pair in pairs), int(sum(pair[1] for pair in pairs))
        if not of:
            return Cell(None, None, None, 0, 0)
        low, high = wilson(count, of)
        return Cell(count / of, low, high, count, of)
    values = np.array([value for one in some for value in metric.read(one)], np.float64)
    if not values.size:
        return Cell(None, None, None, 0, 0)
    middle = np.median if metric.kind == "median" else np.mean
    low, high = _bootstrap(values, middle)
    return Cell(float(middle(values)), low, high, len(values), len(values))


def wilson(count: float, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate."""
    interval = stats.binomtest(round(count), of).proportion_ci(_SURE, method="wilson")
    return float(interval.low), float(interval.high)


def _bootstrap(values: NDArray[np.float64], middle: Callable[..., Any]) -> tuple[float, float]:
    if len(values) < 3:
        return float(values.min()), float(values.max())
    # The same test set gives the same report.
    chance = np.random.default_rng(0)
    drawn = middle(values[chance.integers(0, len(values), (_SAMPLES, len(values)))], axis=1)
    edge = (1 - _SURE) / 2
    low, high = np.quantile(drawn, [edge, 1 - edge])
    return float(low), float(high)


def _gaps(
    judged: Sequence[Group], results: Sequence[Result], metrics: Sequence[Metric]
) -> tuple[list[Gap], int]:
    """Differences at 95 %, the surest first; those that survive Holm's correction are clear."""
    tried: list[Gap] = []
    for group in judged:
        inside = [one for one in results if one.labels.get(group.attribute, "") == group.label]
        outside = [one for one in results if one.labels.get(group.attribute, "") not in (group.label, "")]
        if len(outside) < LEAST_PEOPLE:
            continue
        for metric in metrics:
            mine, theirs = group.cells[metric.key], cell(metric, outside)
            p = _p(metric, inside, outside)
            if p is not None and mine.value is not None and theirs.value is not None:
                worse = _is_worse(metric, mine.value, theirs.value)
                tried.append(
                    Gap(group.attribute, group.label, metric.key, mine.value, theirs.value, p, worse)
                )
    tried.sort(key=lambda gap: gap.p)
    found, still = [], True
    for rank, gap in enumerate(tried):
        still = still and gap.p <= _ALPHA / (len(tried) - rank)
        if gap.p <= _ALPHA:
            found.append(replace(gap, clear=still))
    return found, len(tried)


def _is_worse(metric: Metric, mine: float, others: float) -> bool:
    if metric.worse == "far":
        return abs(mine) > abs(others)
    return mine > others if metric.worse == "more" else mine < others


def _p(metric: Metric, inside: Sequence[Result], outside: Sequence[Result]) -> float | None:
    if metric.kind == "rate":
        mine, theirs = cell(metric, inside), cell(metric, outside)
        if not mine.of or not theirs.of:
            return None
        table = [[mine.count, mine.of - mine.count], [theirs.count, theirs.of - theirs.count]]
        return float(stats.fisher_exact(np.rint(table)).pvalue)
    values = [[value for one in some for value in metric.read(one)] for some in (inside, outside)]
    if min(map(len, values)) < 3:
        return None
    return float(stats.mannwhitneyu(*values).pvalue)


def _missed(judged: Sequence[Group], metrics: Sequence[Metric]) -> list[Missed]:
    found = []
    for metric in metrics:
        if metric.bar is None:
            continue
        for group in judged:
            value = group.cells[metric.key].value
            if value is not None and abs(value) > metric.bar:
                found.append(Missed(group.attribute, group.label, metric.key, value, metric.bar))
    return found
