"""The bars that are judged on people's finished pictures: backdrop, framing, light, colour, skin."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from branding.look import Look
from tests.benchmarks.bars import Bar, Outcome, judge, worst
from tests.benchmarks.people_eval import Person

EYE_LINE, HEAD_HEIGHT, ROLL_DEG = 0.005, 0.015, 0.7
AZIMUTH_DEG, AZIMUTH_SHARE, SPREAD_SHARE = 12.0, 0.9, 1 / 3
ITA_DEG, TONE_L = 4.0, 1.5
_TONES: Final = ("very_light", "light", "intermediate", "tan", "brown", "dark")


def bars(people: Sequence[Person], look: Look) -> list[Bar]:
    """All of them, over the people who got a headshot in which a stranger finds the face again."""
    rows = [person for person in people if person.status == "ok" and person.shown is not None]
    found = [judge("backdrop, any two people", "identical pixels", rows, _part, _backdrop)]
    found += [
        judge(name, f"<= {bound:g}{unit} for everybody", rows, _part, _within(errors, bound, unit))
        for name, bound, unit, errors in (
            ("eye line", EYE_LINE, "", lambda one: abs(one.shown.eye_line - look.framing.eye_line)),
            (
                "head height",
                HEAD_HEIGHT,
                "",
                lambda one: abs(one.shown.head_height - look.framing.head_height),
            ),
            ("roll", ROLL_DEG, "°", lambda one: abs(one.shown.roll_deg)),
        )
    ]
    return found + _light_bars(rows, look) + _skin_bars(rows)


def _light_bars(rows: Sequence[Person], look: Look) -> list[Bar]:
    rig = look.light.key_azimuth_deg

    def azimuth(name: str, value: Callable[[Any], float]) -> Bar:
        def outcome(some: Sequence[Person]) -> Outcome:
            off = [abs(value(one) - rig) for one in some]
            inside = float(np.mean([one <= AZIMUTH_DEG for one in off]))
            text = f"{inside:.0%} within, median {np.median(off):.1f}° off"
            return Outcome(text, inside >= AZIMUTH_SHARE, worst(zip(off, map(_name, some), strict=True)))

        return judge(name, f"{AZIMUTH_DEG:g}° of the rig for 9 of 10", rows, _part, outcome)

    return [
        azimuth("key azimuth, told from the halves by a stranger", lambda one: one.halves_out.azimuth_deg),
        azimuth("key azimuth, pipeline's fit on the finished picture", lambda one: one.light_out.azimuth_deg),
        _spread("key:fill spread, told from the halves by a stranger", rows,
                lambda one: np.log(one.halves_in.key_fill), lambda one: np.log(one.halves_out.key_fill)),
        _spread("key:fill spread, pipeline's fit", rows, lambda one: np.log(one.light_in.key_fill_ratio),
                lambda one: np.log(one.light_out.key_fill_ratio)),
        _spread("colour temperature spread (mired), pipeline's estimate", rows,
                lambda one: 1e6 / one.light_in.temperature_k, lambda one: 1e6 / one.light_out.temperature_k),
    ]  # fmt: skip


def _spread(
    name: str, rows: Sequence[Person], before: Callable[[Any], float], after: Callable[[Any], float]
) -> Bar:
    """Standard deviation over people, after against before."""

    def outcome(some: Sequence[Person]) -> Outcome:
        taken, shown = np.array([before(one) for one in some]), np.array([after(one) for one in some])
        ratio = float(shown.std() / max(float(taken.std()), 1e-9))
        far = np.abs(shown - np.median(shown))
        text = f"in {taken.std():.3g}, out {shown.std():.3g}, ratio {ratio:.2f}"
        return Outcome(text, ratio <= SPREAD_SHARE, worst(zip(far, map(_name, some), strict=True)))

    return judge(name, "out at most a third of in", rows, _part, outcome)


def _skin_bars(rows: Sequence[Person]) -> list[Bar]:
    def ita(some: Sequence[Person]) -> Outcome:
        drift = [abs(one.shown.ita_deg - one.balanced.ita_deg) for one in some]
        text = f"median {np.median(drift):.2f}°, 90th percentile {np.percentile(drift, 90):.1f}°"
        far = worst(zip(drift, map(_name, some), strict=True))
        return Outcome(text, float(np.median(drift)) <= ITA_DEG, far)

    def lightness(some: Sequence[Person]) -> Outcome:
        texts, good = [], True
        for tone in _TONES:
            drift = [lightness_drift(one) for one in some if one.tone == tone]
            if drift:
                mean = float(np.mean(drift))
                good = good and abs(mean) <= TONE_L
                texts.append(f"{tone} {mean:+.2f} (n={len(drift)})")
        far = worst((abs(lightness_drift(one)), f"{one.name} ({one.tone})") for one in some)
        return Outcome(", ".join(texts), good, far)

    return [
        judge("skin, |ΔITA| to the balanced photo", f"median <= {ITA_DEG:g}°", rows, _part, ita),
        judge("skin, mean signed ΔL* per tone bin", f"±{TONE_L:g} in every bin", rows, _part, lightness),
    ]


def lightness_drift(person: Any) -> float:
    """L* of the finished skin minus that of the white-balanced photo."""
    return float(person.shown.skin[0] - person.balanced.skin[0])


def _within(error: Callable[[Any], float], bound: float, unit: str) -> Callable[[Sequence[Any]], Outcome]:
    def outcome(some: Sequence[Person]) -> Outcome:
        errors = [error(one) for one in some]
        inside = float(np.mean([one <= bound for one in errors]))
        text = f"{inside:.0%} within, most {max(errors):.3g}{unit}"
        return Outcome(text, inside == 1.0, worst(zip(errors, map(_name, some), strict=True)))

    return outcome


def _backdrop(some: Sequence[Person]) -> Outcome:
    """One reference picture of the bare backdrop is put together; everybody must agree with it."""
    reference, known = some[0].preview.copy(), some[0].nobody.copy()
    off = []
    for person in some[1:]:
        both = known & person.nobody
        off.append((float((person.preview[both] != reference[both]).any(axis=-1).sum()), person.name))
        new = person.nobody & ~known
        reference[new], known = person.preview[new], known | new
    least = min((float(person.nobody.mean()), person.name) for person in some)
    bad = [row for row in off if row[0] > 0]
    text = f"{len(bad)} of {len(some)} people differ; least backdrop {least[0]:.0%} ({least[1]})"
    return Outcome(text, not bad, worst(bad))


def _part(person: Person) -> str:
    return person.part


def _name(person: Person) -> str:
    return person.name
