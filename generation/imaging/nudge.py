"""Small changes that a person asks for in a finished picture: lighter, larger, to the side.

They come in steps, and only inside what the style and the gates leave: the picture stays one of the team's
(framing within the bars of IMAGING.md, the backdrop untouched) and the skin the person's own. What is asked
for is bounded before (`room`), and what came out is judged like every picture (`render`).
"""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from branding.look import EYE_CENTERS, HEAD_HEIGHTS, Framing, Look
from generation.imaging import gates, gates_generated, judging, run, settling
from generation.imaging.errors import SubjectError
from generation.imaging.finishing.vary import NAMES, Variation
from generation.imaging.identity.encoders import Jury
from generation.imaging.types import SRGB8, Candidate, Gallery, MasterLayers, Progress, Source, Take

# Steps to either side of the picture as it was made.
STEPS: Final = 2
# A step of head height (of the frame's) is what two variations of one photo differ by; two of them from the
# style, 1 %, leave a third of the bar of 1.5 % for what readings differ by.
SIZE_STEP: Final = 0.005
MOST_SIZE: Final = 0.010
# Sideways nobody holds a team to a number; a wall still looks straight within 2 % of the width (`vary`).
SIDE_STEP: Final = 0.010
MOST_SIDE: Final = 0.020
# A step of light is 0.8 to 1 L* of skin: the least that shows beside the picture without it. The team's meter
# names somebody from 2.25 L* on (`consistency`: 1.5 tolerances of 1.5); nobody can ask to be named.
LIGHT_STEP_EV: Final = 0.05
MOST_L_DRIFT: Final = 2.2
# What is offered keeps this share of the bound: a finished picture measured up to 0.07 L* from the estimate.
_OFFERED: Final = 0.95
# b* of skin lies between 10 and 20 (Xiao et al. 2017); with it L* says how far ITA goes along.
_SKIN_B: Final = 15.0
# By so much two readings of the same face differ (docs/benchmarks.md): a picture that lies beyond a bar as it
# is may stay there, and goes no farther.
_READING: Final = {"eye_line": 0.0003, "head_height": 0.002, "roll_deg": 0.1}
# Float sums of steps.
_EPSILON: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Nudge:
    """Steps, 0 for as made. Positive is lighter, a larger head, to the right of the picture."""

    brightness: int = 0
    size: int = 0
    side: int = 0

    @property
    def plain(self) -> bool:
        """Whether it changes nothing."""
        return self == Nudge()

    def applied(self, variation: Variation) -> Variation:
        """The picture's own variation with these steps on top."""
        return replace(
            variation,
            head=round(variation.head + self.size * SIZE_STEP, 4),
            shift=round(variation.shift + self.side * SIDE_STEP, 4),
            exposure_ev=round(variation.exposure_ev + self.brightness * LIGHT_STEP_EV, 4),
        )

    def told(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Skin:
    """Of the picture as it was made: lightness, and drift of lightness and tone against the person's own."""

    lightness: float
    drift: float
    ita_drift: float


@dataclass(frozen=True, slots=True)
class Room:
    """Lowest and highest step that a picture leaves, by name. 0 is always among them."""

    brightness: tuple[int, int]
    size: tuple[int, int]
    side: tuple[int, int]

    def holds(self, nudge: Nudge) -> bool:
        """Whether all of its steps are among those."""
        pairs = (
            (nudge.brightness, self.brightness),
            (nudge.size, self.size),
            (nudge.side, self.side),
        )
        return all(low <= step <= high for step, (low, high) in pairs)


def room(variation: Variation, framing: Framing, skin: Skin | None) -> Room:
    """How far a picture made with `variation` in a style of this `framing` may be nudged.

    Brightness is an estimate that `render` judges; without `skin` all of its steps.
    """

    def larger(step: int) -> bool:
        head = variation.head + step * SIZE_STEP
        fits = _within(framing.head_height + head, HEAD_HEIGHTS)
        return abs(head) <= MOST_SIZE + _EPSILON and fits

    def aside(step: int) -> bool:
        shift = variation.shift + step * SIDE_STEP
        fits = _within(framing.eye_center + shift, EYE_CENTERS)
        return abs(shift) <= MOST_SIDE + _EPSILON and fits

    def lighter(step: int) -> bool:
        return skin is None or _keeps_skin(skin, step)

    return Room(_reach(lighter), _reach(larger), _reach(aside))


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] - _EPSILON <= value <= bounds[1] + _EPSILON


def _reach(allowed: Any) -> tuple[int, int]:
    """The steps around 0 that are allowed, without a gap."""
    low = high = 0
    while high < STEPS and allowed(high + 1):
        high += 1
    while low > -STEPS and allowed(low - 1):
        low -= 1
    return low, high


def _keeps_skin(skin: Skin, step: int) -> bool:
    # L* goes with the cube root of luminance.
    gained = (skin.lightness + 16) * (2.0 ** (step * LIGHT_STEP_EV / 3) - 1)
    away = skin.lightness - 50
    # ITA is the angle atan((L* - 50) / b*).
    turned = math.degrees(gained * _SKIN_B / (away**2 + _SKIN_B**2))
    kept = abs(skin.drift + gained) <= max(_OFFERED * MOST_L_DRIFT, abs(skin.drift))
    tone = abs(skin.ita_drift + turned) <= max(_OFFERED * gates.MOST_ITA_DRIFT_DEG, abs(skin.ita_drift))
    return kept and tone


@dataclass(frozen=True, slots=True)
class Made:
    """The picture as it was made: what of it the nudged one is held against."""

    master: MasterLayers
    variation: Mapping[str, Any]
    source: Source
    # eye_line, head_height, roll_deg and skin lightness drift, as measured on it.
    framing: Mapping[str, float]
    drift: float
    scores: Mapping[str, float]


def render(
    made: Made, nudge: Nudge, look: Look, size: tuple[int, int], gallery: Gallery, progress: Progress
) -> Candidate:
    """The nudged picture from the master layers, with every gate judged anew. The same arguments give the
    same bytes.

    Raises SubjectError: `crop_too_tight` or `head_cut` where the photo ends too soon, `gate_…` for a gate
    that it fails, `nudge_framing` beyond the style's bars, `nudge_skin` beyond `MOST_L_DRIFT`.
    """
    started = time.perf_counter()
    wanted = nudge.applied(Variation.read(made.variation))
    image, master, measured = _finished(made.master, look, size, wanted, progress)
    progress("judge", 0.7)
    _require_framing(measured, made, look.framing)
    wearer = gates_generated.Wearer(gallery, look) if made.source == "generated" else None
    judged = judging.judge(image, measured, master, gallery, look, Jury(gallery), wearer, made.variation)
    judged.require()
    _require_skin(judged.gates["skin_lightness"].value, made)
    return Candidate(
        image=image,
        rank=0,
        source=made.source,
        likeness=judged.likeness,
        gates=judged.gates,
        scores={**made.scores, "likeness": judged.likeness},
        light=measured.light,
        eye_line=measured.eye_line,
        head_height=measured.head_height,
        roll_deg=measured.roll_deg,
        seconds=time.perf_counter() - started,
        master=master,
        variation={**_bare(made.variation), **gates.told(wanted, master, look, size), **judged.told},
        measures=judged.measures,
        take=_take(made, wanted),
    )


def _finished(
    master: MasterLayers, look: Look, size: tuple[int, int], wanted: Variation, progress: Progress
) -> tuple[SRGB8, MasterLayers, gates.Measured]:
    """As `run` finishes a candidate: laid out once more where a fresh look finds the face elsewhere."""
    progress("finish", 0.3)

    def make(laid: MasterLayers) -> tuple[SRGB8, gates.Measured]:
        image = run.finish(laid, look, size, wanted)
        progress("measure", 0.5)
        return image, gates.measure(image, laid, look)

    master, image, measured = settling.finished(master, wanted.framing(look.framing), size, make)
    return image, master, measured


def _require_framing(measured: gates.Measured, made: Made, framing: Framing) -> None:
    style = {"eye_line": framing.eye_line, "head_height": framing.head_height, "roll_deg": 0.0}
    for name, bar in settling.BARS.items():
        before = abs(float(made.framing.get(name, style[name])) - style[name])
        allowed = max(bar, before + _READING[name])
        off = float(getattr(measured, name)) - style[name]
        if abs(off) > allowed:
            raise SubjectError("nudge_framing", what=name, value=round(off, 4), bound=round(allowed, 4))


def _require_skin(drift: float, made: Made) -> None:
    bound = max(MOST_L_DRIFT, abs(made.drift))
    if abs(drift) > bound:
        raise SubjectError("nudge_skin", value=round(drift, 2), bound=round(bound, 2))


def _bare(variation: Mapping[str, Any]) -> dict[str, Any]:
    """Without the offsets: those that are 0 are not told, and the old ones would stay."""
    return {name: value for name, value in variation.items() if name not in NAMES.values()}


def _take(made: Made, wanted: Variation) -> Take:
    """What ranking knew of the picture; a nudged one is never ranked again."""
    told = made.variation.get("take")
    known = told if isinstance(told, dict) else {}
    return Take(str(known.get("key", "")), str(known.get("photo", "")), wanted.plain, {},
                str(known.get("signature", "")))  # fmt: skip
