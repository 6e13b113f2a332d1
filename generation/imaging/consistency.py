"""Is it one team? Spread of light, framing and colour over finished pictures, and who stands out why."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from branding.look import Look
from generation.imaging.types import Candidate

# A studio's daylight, the styles' own start; deviations of colour temperature are told around it.
STUDIO_K: Final = 5600.0


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

    `scale`, or `convert` where that is no factor, turns the number into the words' unit.
    """

    tolerance: float
    weight: float
    high: str
    low: str
    scale: float = 1.0
    convert: Callable[[float], float] | None = None

    def told(self, deviation: float) -> float:
        """A deviation in the words' unit, without its sign."""
        return abs(self.convert(deviation) if self.convert else deviation * self.scale)


def kelvin(mired: float) -> float:
    """A difference of colour temperature in kelvin of a studio's daylight, positive when warmer.

    Temperatures are compared in mired, where equal steps look equally large; styles are set in kelvin.
    """
    return STUDIO_K - 1e6 / (1e6 / STUDIO_K + mired)


# A colour difference (CIE 1976) of 2 is about the least that two pictures side by side show.
_BACKDROP: Final = "backdrop colour {value:.1f} off (from 2 on one sees it)"
# Lightness (L*) runs from 0 to 100: a point of it is told as a per cent.
# Tolerances are the project's bars for a single person; a deviation of one tolerance costs a quarter.
MEASURES: Final[dict[str, Measure]] = {
    "backdrop": Measure(1.0, 1.0, _BACKDROP, _BACKDROP),
    "azimuth_deg": Measure(
        12.0, 1.0, "key light {value:.0f}° too far right", "key light {value:.0f}° too far left"
    ),
    "key_fill": Measure(0.25, 1.0, "light {value:.0f} % too hard", "light {value:.0f} % too flat", 100.0),
    "temperature": Measure(
        10.0, 1.0, "light {value:.0f} K too warm", "light {value:.0f} K too cool", convert=kelvin
    ),
    "exposure": Measure(1.5, 1.0, "skin {value:.1f} % too light", "skin {value:.1f} % too dark"),
    "eye_line": Measure(0.005, 1.0, "eye line {value:.1f} % low", "eye line {value:.1f} % high", 100.0),
    "head_height": Measure(0.015, 1.0, "head {value:.1f} % too large", "head {value:.1f} % too small", 100.0),
    "roll_deg": Measure(0.7, 0.5, "head {value:.1f}° clockwise", "head {value:.1f}° anticlockwise"),
    "contrast": Measure(
        0.05, 0.5, "face contrast {value:.1f} % higher", "face contrast {value:.1f} % lower", 100.0
    ),
}  # fmt: skip
# Credit lost per squared tolerance: e^-0.29 = 0.75 at one tolerance.
_LOSS: Final = 0.29
# From so many tolerances on a person is named.
NAMED: Final = 1.5


def measure(
    shown: Sequence[Shown], look: Look | None = None, reference: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """How alike a team's pictures are. JSON-able:

    `score` 0..100 (None of nobody), the mean of the people's; `spread` per measure (standard deviation over
    the people, in tolerances too, and the centre that they are compared with); `people` in their order with
    score and signed deviations; `outliers`, the farthest first, with causes in words; `reference`, what
    somebody who joins later is measured against.

    With a Look, framing and key direction are compared with what it says, and everything else with
    `reference`, the one that an earlier call returned, or without it with the people's own median.
    """
    if not shown:
        return {"score": None, "people": [], "spread": {}, "outliers": [], "reference": None}
    lab = _lab(reference) if reference else _median_lab(shown)
    values = {name: np.array([_value(one, name, lab) for one in shown]) for name in MEASURES}
    centers = {name: _center(name, values[name], look, reference) for name in MEASURES}
    people = [_person(one, {name: float(values[name][at] - centers[name]) for name in MEASURES})
              for at, one in enumerate(shown)]  # fmt: skip
    far = [person for person in people if person["causes"]]
    return {
        # Exactly summed: the order of people must not change it.
        "score": round(math.fsum(person["score"] for person in people) / len(people), 1),
        "spread": {name: _spread(name, values[name], centers[name]) for name in MEASURES},
        "people": [{key: person[key] for key in ("name", "score", "deviations")} for person in people],
        "outliers": [{key: person[key] for key in ("name", "causes")}
                     for person in sorted(far, key=lambda one: (one["score"], one["name"]))],
        "reference": {"backdrop_lab": [round(value, 3) for value in lab], "people": len(shown),
                      "centers": {name: round(value, 5) for name, value in centers.items()}},
    }  # fmt: skip


def _person(one: Shown, deviations: dict[str, float]) -> dict[str, Any]:
    return {
        "name": one.name,
        "score": round(100 * _credit(deviations), 1),
        "deviations": {name: round(value, 4) for name, value in deviations.items()},
        "causes": _causes(deviations),
    }


def _spread(name: str, values: NDArray[Any], center: float) -> dict[str, float]:
    tolerance, deviation = MEASURES[name].tolerance, float(values.std())
    return {"deviation": round(deviation, 4), "tolerance": tolerance, "center": round(center, 4),
            "tolerances": round(deviation / tolerance, 3)}  # fmt: skip


def _value(person: Shown, name: str, lab: Sequence[float]) -> float:
    if name == "key_fill":
        return math.log(max(person.key_fill_ratio, 1.0))
    if name == "temperature":
        return 1e6 / person.temperature_k
    if name == "exposure":
        return person.measures.get("skin_l_drift", 0.0)
    if name == "contrast":
        return person.measures.get("contrast", 0.0)
    if name == "backdrop":
        return float(np.linalg.norm(np.array(_own_lab(person)) - np.array(lab)))
    return float(getattr(person, name))


def _own_lab(person: Shown) -> list[float]:
    return [person.measures.get(part, 0.0) for part in ("backdrop_l", "backdrop_a", "backdrop_b")]


def _median_lab(team: Sequence[Shown]) -> list[float]:
    return [float(value) for value in np.median([_own_lab(one) for one in team], axis=0)]


def _lab(reference: Mapping[str, Any]) -> list[float]:
    return [float(value) for value in reference["backdrop_lab"]]


def _center(name: str, values: NDArray[Any], look: Look | None, reference: Mapping[str, Any] | None) -> float:
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
    if reference and name in reference["centers"]:
        return float(reference["centers"][name])
    return float(np.median(values))


def phrase(name: str, deviation: float) -> str:
    """A deviation of a measure in words: "eye line 2.1 % low"."""
    one = MEASURES[name]
    return (one.high if deviation > 0 else one.low).format(value=one.told(deviation))


def _credit(deviations: dict[str, float]) -> float:
    total = sum(measure_.weight for measure_ in MEASURES.values())
    lost = [
        measure_.weight * math.exp(-_LOSS * (deviations[name] / measure_.tolerance) ** 2)
        for name, measure_ in MEASURES.items()
    ]
    return sum(lost) / total


def _causes(deviations: dict[str, float]) -> list[str]:
    """Sentences for what stands out, the farthest first."""
    far = [(abs(deviations[name]) / one.tolerance, name) for name, one in MEASURES.items()]
    return [
        phrase(name, deviations[name])
        for share, name in sorted(far, key=lambda item: -item[0])
        if share >= NAMED
    ]
