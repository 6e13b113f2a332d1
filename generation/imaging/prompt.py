"""Stage 3, Look → words: prompt and negative prompt, deterministic, shown to the admin.

Built from the Look, from what is visible on the person (worn things, never who they are) and the engine's
dialect. No words about ethnicity, age or beauty: a Look cannot hold them (`branding.look`), and nothing
here adds them. Every prompt asks to keep skin tone, age and features.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from branding.look import Backdrop, Framing, LightRig, Look

# `edit` engines follow sentences, `sdxl` reads comma-separated phrases.
Dialect = Literal["edit", "sdxl"]


@dataclass(frozen=True, slots=True)
class Visible:
    """What a person wears, read from their own photos; None where it is not known."""

    glasses: bool | None = None
    beard: bool | None = None
    head_covering: bool | None = None
    hair: Literal["short", "shoulder-length", "long"] | None = None
    clothes: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an engine is asked for, and asked to avoid."""

    positive: str
    negative: str
    # What did not fit into the engine's text encoder, in reading order; empty where it has room.
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """One part of a prompt; the least important goes first where there is no room for all."""

    words: str
    # 1 is indispensable.
    importance: int


@dataclass(frozen=True, slots=True)
class Room:
    """How much text an encoder reads: `count` gives the tokens of a text, without those that mark its
    ends."""

    count: Callable[[str], int]
    limit: int


KEEP: Final = "keep the person's skin tone, age and features exactly as photographed"
_NEGATIVE: Final = (
    "changed skin tone",
    "changed age",
    "changed facial features",
    "skin smoothing",
    "makeup added",
    "extra fingers",
    "double collar",
    "cropped head",
    "text",
    "watermark",
    "painting",
    "3d render",
)
_BACKDROPS: Final = {
    "solid": "plain {color} studio backdrop",
    "gradient": "{color} studio backdrop with a pool of light fading to {edge}",
    "paper": "seamless {color} paper backdrop",
    "canvas": "hand-painted canvas backdrop in {color} and {edge}",
    # The company's own room is set behind afterwards; a drawn one would have to be cut away.
    "office": "plain neutral grey studio backdrop",
}
# Names of sRGB colours as a person would say them: hue in degrees → word.
_HUES: Final = (
    (15, "red"), (40, "orange"), (65, "yellow"), (90, "lime"), (160, "green"), (200, "teal"),
    (255, "blue"), (290, "violet"), (330, "magenta"), (360, "red"),
)  # fmt: skip


def build(
    look: Look, visible: Visible | None = None, dialect: Dialect = "edit", room: Room | None = None
) -> Prompt:
    """The words for one person under one look. The same arguments give the same words.

    With `room` the least important phrases are left out until the rest fits, which `Prompt.left_out` says:
    an encoder would cut the end without a word, whatever stands there.
    """
    worn = visible or Visible()
    told, lost = _fitted(_wanted(look, worn), room)
    avoided, spared = _fitted(_unwanted(worn), room)
    left_out = tuple(lost + [f"not: {words}" for words in spared])
    if dialect == "sdxl":
        return Prompt(", ".join(told), ", ".join(avoided), left_out)
    sentences = [part[0].upper() + part[1:] + "." for part in told]
    return Prompt(" ".join(sentences), ", ".join(avoided), left_out)


def _wanted(look: Look, worn: Visible) -> list[Phrase]:
    mood = look.mood.strip()
    phrases = [
        Phrase(f"professional headshot, {_frame(look.framing)}", 2),
        Phrase(_clothes(look, worn), 3),
        Phrase(f"{mood} expression" if mood else "", 5),
        *(Phrase(words, 2) for words in _worn(worn)),
        Phrase(_light(look.light), 4),
        Phrase(_backdrop(look.backdrop), 4),
        Phrase("natural skin texture", 6),
        Phrase(KEEP, 1),
    ]
    return [phrase for phrase in phrases if phrase.words]


def _unwanted(worn: Visible) -> list[Phrase]:
    first = [Phrase(words, 3 + at) for at, words in enumerate(_NEGATIVE)]
    return [*first, *(Phrase(words, 2) for words in _not_worn(worn))]


def _fitted(phrases: Sequence[Phrase], room: Room | None) -> tuple[list[str], list[str]]:
    """The words that fit and those that do not, both in reading order."""
    kept, lost = dict(enumerate(phrases)), dict[int, str]()
    while room and len(kept) > 1 and not _fits(kept, room):
        # The last of the least important; what is indispensable never goes.
        least = max(kept, key=lambda at: (kept[at].importance, at))
        phrase = kept.pop(least)
        shorter = _shortened(kept, least, phrase, room)
        if shorter:
            kept[least] = Phrase(shorter, phrase.importance)
        lost[least] = phrase.words[len(shorter) :].strip(" ,")
    return [kept[at].words for at in sorted(kept)], [lost[at] for at in sorted(lost)]


def _shortened(kept: dict[int, Phrase], at: int, phrase: Phrase, room: Room) -> str:
    """The longest beginning of a phrase that fits among the others: style words may be a whole list of
    clothes, of which the first are better than none. Empty where less than half of the words fit."""
    words = phrase.words.split()
    for length in range(len(words) - 1, len(words) // 2, -1):
        beginning = " ".join(words[:length]).rstrip(",")
        if _fits({**kept, at: Phrase(beginning, phrase.importance)}, room):
            return beginning
    return ""


def _fits(kept: dict[int, Phrase], room: Room) -> bool:
    return room.count(", ".join(kept[at].words for at in sorted(kept))) <= room.limit


def _frame(framing: Framing) -> str:
    if framing.head_height >= 0.24:
        return "close framing, head and collar"
    return "head and shoulders" if framing.head_height >= 0.16 else "head to chest"


def _clothes(look: Look, worn: Visible) -> str:
    wanted = look.wardrobe.strip()
    if wanted:
        return f"wearing {wanted}"
    return f"wearing {worn.clothes.strip()}" if worn.clothes.strip() else "wearing their own clothes"


def _worn(worn: Visible) -> list[str]:
    told = []
    if worn.glasses:
        told.append("the same glasses")
    if worn.beard:
        told.append("the same beard")
    if worn.head_covering:
        told.append("the same head covering")
    if worn.hair:
        told.append(f"the same {worn.hair} hair")
    return told


def _not_worn(worn: Visible) -> list[str]:
    """What must not appear because the person does not have it; what is unknown is not mentioned."""
    absent = (("glasses", worn.glasses), ("beard", worn.beard), ("hat", worn.head_covering))
    return [word for word, has in absent if has is False]


def _light(rig: LightRig) -> str:
    side = "right" if rig.key_azimuth_deg > 0 else "left"
    far = abs(rig.key_azimuth_deg)
    where = "from the front" if far < 10 else f"from the camera's {side}"
    height = "at eye level" if rig.key_elevation_deg < 12 else "from above"
    contrast = "flat" if rig.key_fill_ratio < 1.4 else "soft" if rig.key_fill_ratio < 2.3 else "dramatic"
    warmth = "warm" if rig.temperature_k < 4600 else "neutral" if rig.temperature_k < 6300 else "cool"
    rim = ", a bright rim on hair and shoulders" if rig.rim >= 0.2 else ""
    return f"{contrast} {warmth} key light {where} {height}{rim}"


def _backdrop(backdrop: Backdrop) -> str:
    return _BACKDROPS[backdrop.kind].format(color=_named(backdrop.color), edge=_named(backdrop.color_edge))


def _named(color: str) -> str:
    """A colour in two words: "light bluish grey", "dark red"."""
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    high, low = max(red, green, blue), min(red, green, blue)
    lightness, spread = (high + low) / 2, high - low
    tone = "very light " if lightness > 0.85 else "light " if lightness > 0.65 else ""
    tone = "very dark " if lightness < 0.15 else "dark " if lightness < 0.35 else tone
    if spread < 0.02:
        return "white" if lightness > 0.97 else "black" if lightness < 0.03 else f"{tone}grey"
    if high == red:
        hue = 60 * ((green - blue) / spread % 6)
    elif high == green:
        hue = 60 * ((blue - red) / spread + 2)
    else:
        hue = 60 * ((red - green) / spread + 4)
    word = next(name for limit, name in _HUES if hue <= limit)
    return f"{tone}{word}-tinted grey" if spread < 0.12 else f"{tone}{word}"
