"""What was measured on a finished picture, in words for those who review it.

The numbers stand beside the words. English prose of the team's measures comes from
`generation.imaging.consistency`; the list at the end makes it translatable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from generation.imaging.consistency import MEASURES, NAMED
from generation.models import Candidate

# A gate passed with less than this share of its bound to spare is worth a look.
_CLOSE: Final = 0.12


# gate: (passed, close to its bound, failed, what the number is)
_GATES: Final[dict[str, tuple[str, str, str, str]]] = {
    "likeness": (
        _("Looks like the person's own photos"),
        _("Likeness is close to the limit: compare with the photos"),
        _("Does not look enough like the person's own photos"),
        _("likeness"),
    ),
    "skin_ita": (
        _("Skin tone is true"),
        _("Skin tone is close to the limit"),
        _("Skin tone has drifted"),
        _("change of skin tone, in degrees"),
    ),
    "skin_lightness": (
        _("Skin lightness is true"),
        _("Skin lightness is close to the limit"),
        _("Skin has become lighter or darker"),
        _("change of skin lightness, of 100"),
    ),
    "light": (
        _("Light is even enough for the style"),
        _("Light is nearly too hard for the style"),
        _("Light is too hard for the style"),
        _("bright side to dark side"),
    ),
    "shadow": (
        _("No hard shadow on the face"),
        _("A shadow on one half of the face deserves a look"),
        _("A hard shadow lies on one half of the face"),
        _("shadow left, in stops"),
    ),
    "key": (
        _("Light from the style's side"),
        _("Little light from the style's side"),
        _("The light does not come from the style's side"),
        _("share of the style's side light that is missing"),
    ),
    "matte": (
        _("Cleanly cut out"),
        _("Edges of the hair deserve a look"),
        _("Edges are unsure"),
        _("unsure edge"),
    ),
    "clipped": (
        _("Nothing burned out on the face"),
        _("Bright spots on the face"),
        _("Parts of the face are burned out"),
        _("burned-out skin"),
    ),
    "eyes": (_("Eyes are sharp"), _("Eyes are just sharp enough"), _("Eyes are soft"), _("eye detail")),
    # Of generated pictures only.
    "own_skin_ita": (
        _("Skin tone as in the person's own photos"),
        _("Skin tone is close to the limit"),
        _("Skin tone is not that of the person's own photos"),
        _("change of skin tone, in degrees"),
    ),
    "own_skin_lightness": (
        _("Skin as light as in the person's own photos"),
        _("Skin lightness is close to the limit"),
        _("Skin is lighter or darker than in the person's own photos"),
        _("change of skin lightness, of 100"),
    ),
    "glasses": (
        _("Glasses as in the photos"),
        _("Compare the glasses with the photos"),
        _("Glasses were gained or lost"),
        _("change of the glasses"),
    ),
    "beard": (
        _("Beard as in the photos"),
        _("Compare the beard with the photos"),
        _("A beard was gained or lost"),
        _("change of the beard"),
    ),
    "head_covering": (
        _("Head covering as in the photos"),
        _("Compare the head covering with the photos"),
        _("A head covering was gained or lost"),
        _("change of the head covering"),
    ),
    "hair": (
        _("As much hair as in the photos"),
        _("Compare the hair with the photos"),
        _("The hair has another shape than in the photos"),
        _("change of the hair's size"),
    ),
    "hair_colour": (
        _("Hair coloured as in the photos"),
        _("Compare the hair's colour with the photos"),
        _("The hair has another colour than in the photos"),
        _("change of the hair's colour"),
    ),
    "geometry": (
        _("The face is well formed"),
        _("Look at the two halves of the face"),
        _("The two halves of the face do not match"),
        _("asymmetry"),
    ),
    "hands": (
        _("No hands in the picture"),
        _("Look for hands in the picture"),
        _("A hand was drawn into the picture"),
        _("hands"),
    ),
}
_UNKNOWN: Final = (_("Passed"), _("Close to the limit"), _("Not passed"), _("value"))
# The order in which a reviewer wants to read them.
_ORDER: Final = {name: place for place, name in enumerate(_GATES)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement in words; `tone` is ok, warn or bad. Numbers are for the second look."""

    code: str
    tone: str
    words: str
    number: str = ""


def gates(candidate: Candidate) -> list[Finding]:
    """Every gate of a picture, worst first."""
    found = [_gate(name, gate) for name, gate in candidate.gates.items()]
    tones = {"bad": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda one: (tones[one.tone], _ORDER.get(one.code, len(_ORDER))))


def passes_all(judged: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether every gate of `Candidate.gates` was passed; a picture that was never judged has not."""
    return bool(judged) and all(gate.get("passed") for gate in judged.values())


def _gate(name: str, gate: Mapping[str, Any]) -> Finding:
    passed, close, failed, unit = _GATES.get(name, _UNKNOWN)
    value, bound = float(gate.get("value", 0.0)), float(gate.get("bound", 0.0))
    if not gate.get("passed"):
        tone, words = "bad", failed
    elif abs(bound - abs(value)) <= _CLOSE * abs(bound):
        tone, words = "warn", close
    else:
        tone, words = "ok", passed
    number = gettext("{what} {value}, limit {bound}").format(
        what=gettext(unit), value=_short(value), bound=_short(bound)
    )
    return Finding(name, tone, gettext(words), number)


class _Number(float):
    """A number that takes the reader's decimal sign when it is formatted."""

    def __format__(self, spec: str) -> str:
        return number_format(float.__format__(self, spec))


def _short(value: float) -> str:
    return number_format(f"{value:z.2f}".rstrip("0").rstrip(".") or "0")


def deviations(person: Mapping[str, float]) -> list[Finding]:
    """How a picture departs from its team, in words, the farthest first; nothing when it fits in."""
    far = [
        (abs(person.get(name, 0.0)) / one.tolerance, name)
        for name, one in MEASURES.items()
        if abs(person.get(name, 0.0)) / one.tolerance >= NAMED
    ]
    return [
        Finding(
            name,
            "warn",
            _deviation(name, person[name]),
            gettext("{times} times what is allowed").format(times=_short(share)),
        )
        for share, name in sorted(far, reverse=True)
    ]


def _deviation(name: str, value: float) -> str:
    one = MEASURES[name]
    return gettext(one.high if value > 0 else one.low).format(value=_Number(one.told(value)))


_MARKS: Final = (
    ("marks_detail", _("Moles, lines and freckles found again")),
    ("marks_traits", _("Frames, beard and hairline found again")),
)
_NO_LIGHT: Final = {"azimuth_deg": 0.0, "elevation_deg": 0.0, "key_fill_ratio": 1.0, "temperature_k": 0.0}


def numbers(candidate: Candidate) -> list[tuple[str, str, str]]:
    """Light and framing for the second look: (what, in this picture, in its style)."""
    look, framing = candidate.shoot.style_version.look, candidate.framing
    rig, light = look.light, _NO_LIGHT | candidate.light

    def percent(value: Any) -> str:
        return f"{_Number(100 * float(value or 0)):z.1f} %"

    rows = [
        (_("Key light, from the side"), f"{light['azimuth_deg']:z.0f}°", f"{rig.key_azimuth_deg:z.0f}°"),
        (_("Key light, from above"), f"{light['elevation_deg']:z.0f}°", f"{rig.key_elevation_deg:.0f}°"),
        (
            _("Bright side to dark side (key to fill)"),
            f"{_Number(light['key_fill_ratio']):.2f}",
            f"{_Number(rig.key_fill_ratio):.2f}",
        ),
        (_("Colour temperature"), f"{light['temperature_k']:.0f} K", f"{rig.temperature_k:.0f} K"),
        (_("Eye line, from the top"), percent(framing.get("eye_line")), percent(look.framing.eye_line)),
        (_("Eyes to chin"), percent(framing.get("head_height")), percent(look.framing.head_height)),
        (_("Tilt"), f"{_Number(framing.get('roll_deg', 0.0)):z.1f}°", "0°"),
    ]
    for name, what in _MARKS:
        # Of drawn pictures only; a number to look at, not one that decides.
        if name in candidate.measures:
            rows.append((what, percent(candidate.measures[name]), "–"))
    return [(gettext(what), here, wanted) for what, here, wanted in rows]


# Copies of the prose in `imaging.consistency`, for the translators' tools only.
_PROSE: Final = (
    _("backdrop colour {value:.1f} off (from 2 on one sees it)"),
    _("key light {value:.0f}° too far right"),
    _("key light {value:.0f}° too far left"),
    _("light {value:.0f} % too hard"),
    _("light {value:.0f} % too flat"),
    _("light {value:.0f} K too warm"),
    _("light {value:.0f} K too cool"),
    # xgettext:no-python-format
    _("skin {value:.1f} % too light"),
    # xgettext:no-python-format
    _("skin {value:.1f} % too dark"),
    # xgettext:no-python-format
    _("eye line {value:.1f} % low"),
    # xgettext:no-python-format
    _("eye line {value:.1f} % high"),
    _("head {value:.1f} % too large"),
    _("head {value:.1f} % too small"),
    _("head {value:.1f}° clockwise"),
    _("head {value:.1f}° anticlockwise"),
    # xgettext:no-python-format
    _("face contrast {value:.1f} % higher"),
    # xgettext:no-python-format
    _("face contrast {value:.1f} % lower"),
)
