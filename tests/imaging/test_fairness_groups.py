"""Counting by group: a planted gap is found and named, chance is not, and small groups are not judged."""

import math
import random
from collections.abc import Sequence

import pytest

from generation.imaging import fairness_groups as groups
from generation.imaging.fairness import Result


def result(number: int, tone: str = "", **values: object) -> Result:
    """A person with one good photo and one good picture."""
    base = {"photos": 1, "shown": 1, "likeness": [0.95], "ita_drift_deg": [1.0], "l_drift": [0.1]}
    return Result(f"p{number}", {"tone": tone} if tone else {}, **(base | values))  # type: ignore[arg-type]


def people(counts: dict[str, int], **values: object) -> list[Result]:
    return [result(n, tone, **values) for tone, count in counts.items() for n in range(count)]


def gap(found: groups.Findings, label: str, metric: str) -> groups.Gap | None:
    return next((one for one in found.gaps if (one.label, one.metric) == (label, metric)), None)


def test_a_rejection_that_meets_one_tone_is_a_clear_gap() -> None:
    some = people({"light": 40, "dark": 30})
    for one in some[40:58]:
        one.rejected, one.shown, one.likeness, one.failed = 1, 0, [], "no_usable_photo"
    found = groups.judge(some, drawn=False)
    clear = gap(found, "dark", "rejected")
    assert clear is not None
    assert clear.clear
    assert clear.worse
    fine = gap(found, "light", "rejected")
    assert fine is not None
    assert not fine.worse
    assert (clear.value, clear.others) == (pytest.approx(0.6), 0.0)
    assert gap(found, "dark", "without") is not None
    assert gap(found, "dark", "ita_drift") is None


def test_a_drift_that_meets_one_group_is_found_and_its_bar_missed() -> None:
    chance = random.Random(3)
    some = [
        result(n, tone, l_drift=[chance.gauss(2.2 if tone == "brown" else 0.0, 0.6)])
        for tone in ("brown", "light", "tan")
        for n in range(25)
    ]
    found = groups.judge(some, drawn=False)
    drift = gap(found, "brown", "l_drift")
    assert drift is not None
    assert drift.clear
    assert [(one.label, one.metric) for one in found.missed] == [("brown", "l_drift")]
    cell = next(one for one in found.groups if one.label == "brown").cells["l_drift"]
    assert cell.low < 2.2 < cell.high  # type: ignore[operator]


def test_chance_alone_is_hardly_ever_clear() -> None:
    """Thirty sets without any difference: clear gaps in about one of twenty, as Holm promises."""
    wrong = 0
    for seed in range(30):
        chance = random.Random(seed)
        some = [
            result(n, tone, rejected=int(chance.random() < 0.2), likeness=[chance.gauss(0.9, 0.03)])
            for tone in ("light", "tan", "dark")
            for n in range(30)
        ]
        wrong += any(one.clear for one in groups.judge(some, drawn=False).gaps)
    assert wrong <= 4


def test_a_small_group_is_named_and_not_judged() -> None:
    some = people({"light": 40, "dark": groups.LEAST_PEOPLE - 1})
    for one in some[40:]:
        one.rejected = 1
    found = groups.judge(some, drawn=False)
    assert found.small == [("tone", "dark", groups.LEAST_PEOPLE - 1)]
    assert found.gaps == []
    assert found.comparisons == 0
    assert next(one for one in found.groups if one.label == "dark").cells["rejected"].value == 1.0


def test_the_unlabelled_are_counted_and_compared_with_nobody() -> None:
    found = groups.judge([*people({"light": 20, "dark": 20}), *people({"": 20}, rejected=1)], drawn=False)
    assert [one.label for one in found.groups] == ["light", "dark", ""]
    assert found.everybody.people == 60
    assert found.gaps == []


def test_tones_stand_from_the_lightest_and_other_labels_by_name() -> None:
    found = groups.judge(people({"dark": 1, "tan": 1, "very_light": 1, "IV": 1}), drawn=False)
    assert [one.label for one in found.groups] == ["very_light", "tan", "dark", "IV"]


def test_seeds_and_fallbacks_count_only_where_pictures_are_drawn() -> None:
    some = people({"light": 12}, further_rounds=1)
    assert "again" not in groups.judge(some, drawn=False).everybody.cells
    assert groups.judge(some, drawn=True).everybody.cells["again"].value == 1.0


def test_refusals_are_a_share_of_the_pictures_made() -> None:
    some = [result(1, refused={"gate_likeness": 2, "gate_eyes": 1}), result(2)]
    cell = groups.judge(some, drawn=False).everybody.cells["refused"]
    assert (cell.count, cell.of) == (3, 5)


def test_nobody_shown_leaves_nothing_to_count() -> None:
    some = people({"light": 12}, shown=0, likeness=[], ita_drift_deg=[], l_drift=[])
    cell = groups.judge(some, drawn=False).everybody.cells["likeness"]
    assert (cell.value, cell.of) == (None, 0)


def _wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson 1927, written out."""
    z, rate = 1.959963984540054, count / of
    middle = (rate + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(rate * (1 - rate) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return middle - half, middle + half


@pytest.mark.parametrize(("count", "of"), [(0, 9), (3, 10), (10, 10), (250, 1000)])
def test_the_interval_is_wilsons(count: int, of: int) -> None:
    assert groups.wilson(count, of) == pytest.approx(_wilson(count, of), abs=1e-9)


def test_the_same_set_gives_the_same_report() -> None:
    def run() -> Sequence[object]:
        chance = random.Random(1)
        some = [result(n, "tan" if n % 2 else "dark", likeness=[chance.random()]) for n in range(40)]
        found = groups.judge(some, drawn=True)
        return [found.groups, found.gaps]

    assert run() == run()
