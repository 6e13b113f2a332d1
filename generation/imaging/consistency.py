"""Is it one team? Spread of light, framing and colour over finished pictures, and who stands out why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from branding.look import Look
from generation.imaging.types import Candidate


@dataclass(frozen=True, slots=True)
class Shown:
    """One person's finished picture, as numbers. `measures` as in `Candidate.measures`."""

    name: str
    azimuth_deg: float
    key_fill_ratio: float
    temperature_k: float
    eye_line: float
    head_height: float
    roll_deg: float
    measures: dict[str, float]

    @classmethod
    def of(cls, name: str, candidate: Candidate) -> "Shown":
        """The numbers of a candidate."""
        light = candidate.light
        return cls(name, light.azimuth_deg, light.key_fill_ratio, light.temperature_k, candidate.eye_line,
                   candidate.head_height, candidate.roll_deg, candidate.measures)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """How one number is judged: the deviation that is just acceptable, and words for an outlier.

    `scale` turns the number into the words' unit.
    """

    tolerance: float
    weight: float
    high: str
    low: str
    scale: float = 1.0


# Tolerances are the project's bars for a single person; a deviation of one tolerance costs a quarter.
MEASURES: Final[dict[str, Measure]] = {
    "backdrop": Measure(1.0, 1.0, "backdrop {value:.1f} off", "backdrop {value:.1f} off"),
    "azimuth_deg": Measure(
        12.0, 1.0, "key light {value:.0f}° too far right", "key light {value:.0f}° too far left"
    ),
    "key_fill": Measure(0.25, 1.0, "light {value:.0f} % too hard", "light {value:.0f} % too flat", 100.0),
    "temperature": Measure(10.0, 1.0, "{value:.0f} mired too warm", "{value:.0f} mired too cool"),
    "exposure": Measure(1.5, 1.0, "skin {value:.1f} L* too light", "skin {value:.1f} L* too dark"),
    "eye_line": Measure(0.005, 1.0, "eye line {value:.1f} % low", "eye line {value:.1f} % high", 100.0),
    "head_height": Measure(0.015, 1.0, "head {value:.1f} % too large", "head {value:.1f} % too small", 100.0),
    "roll_deg": Measure(0.7, 0.5, "head {value:.1f}° clockwise", "head {value:.1f}° anticlockwise"),
    "contrast": Measure(
        0.05, 0.5, "face contrast {value:.1f} L* higher", "face contrast {value:.1f} L* lower", 100.0
    ),
}  # fmt: skip
# Credit lost per squared tolerance: e^-0.29 = 0.75 at one tolerance.
_LOSS: Final = 0.29
# From here on a person is named.
_NAMED: Final = 1.5


def measure(shown: Sequence[Shown], look: Look | None = None) -> dict[str, Any]:
    """JSON-able: `score` 0..100, `spread` per measure (standard deviation, and in tolerances), `people`
    with their deviations, `outliers` by name and cause.

    With a Look, framing and light are compared with what it says, so that a newcomer is measured against
    the brand; everything else, and all of it without a Look, against the team's median.
    """
    if not shown:
        return {"score": None, "people": [], "spread": {}, "outliers": []}
    values = {name: np.array([_value(person, name, shown) for person in shown]) for name in MEASURES}
    centers = {name: _center(name, values[name], look) for name in MEASURES}
    people, outliers, credits = [], [], []
    for index, person in enumerate(shown):
        deviations = {name: float(values[name][index] - centers[name]) for name in MEASURES}
        credit = _credit(deviations)
        credits.append(credit)
        rounded = {name: round(value, 4) for name, value in deviations.items()}
        people.append({"name": person.name, "score": round(100 * credit, 1), "deviations": rounded})
        causes = _causes(deviations)
        if causes:
            outliers.append({"name": person.name, "causes": causes})
    spread = {
        name: {"deviation": round(float(values[name].std()), 4), "tolerance": measure_.tolerance,
               "center": round(float(centers[name]), 4)}
        for name, measure_ in MEASURES.items()
    }  # fmt: skip
    return {"score": round(100 * float(np.mean(credits)), 1), "people": people, "spread": spread,
            "outliers": outliers}  # fmt: skip


def _value(person: Shown, name: str, team: Sequence[Shown]) -> float:
    if name == "key_fill":
        return math.log(max(person.key_fill_ratio, 1.0))
    if name == "temperature":
        return 1e6 / person.temperature_k
    if name == "exposure":
        return person.measures.get("skin_l_drift", 0.0)
    if name == "contrast":
        return person.measures.get("contrast", 0.0)
    if name == "backdrop":
        return _backdrop_distance(person, team)
    return float(getattr(person, name))


def _backdrop_distance(person: Shown, team: Sequence[Shown]) -> float:
    """Lab distance of the backdrop's corners from the team's median."""
    parts = ("backdrop_l", "backdrop_a", "backdrop_b")
    own = np.array([person.measures.get(part, 0.0) for part in parts])
    others = np.array([[one.measures.get(part, 0.0) for part in parts] for one in team])
    return float(np.linalg.norm(own - np.median(others, axis=0)))


def _center(name: str, values: NDArray[Any], look: Look | None) -> float:
    if name in ("backdrop", "exposure", "roll_deg"):
        return 0.0
    if look is not None:
        wanted = {
            "azimuth_deg": look.light.key_azimuth_deg,
            "eye_line": look.framing.eye_line,
            "head_height": look.framing.head_height,
        }
        if name in wanted:
            return wanted[name]
    return float(np.median(values))


def _credit(deviations: dict[str, float]) -> float:
    total = sum(measure_.weight for measure_ in MEASURES.values())
    lost = [
        measure_.weight * math.exp(-_LOSS * (deviations[name] / measure_.tolerance) ** 2)
        for name, measure_ in MEASURES.items()
    ]
    return sum(lost) / total


def _causes(deviations: dict[str, float]) -> list[str]:
    """Sentences for what stands out, the farthest first."""
    far = [(abs(deviations[name]) / one.tolerance, name, one) for name, one in MEASURES.items()]
    return [
        (one.high if deviations[name] > 0 else one.low).format(value=abs(deviations[name]) * one.scale)
        for share, name, one in sorted(far, key=lambda item: -item[0])
        if share >= _NAMED
    ]
