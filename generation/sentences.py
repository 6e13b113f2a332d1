"""Codes → sentences for people, in their language. The only place of the portal that does this.

The English prose of photo and set findings stands in `generation.imaging.messages`; here are its translation
and the sentences that only the portal knows: refused uploads, shoots that failed, stages, likeness.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from generation.imaging import messages
from generation.imaging.finishing.vary import Variation

# What only the portal can find wrong with a file.
_UPLOAD: Final = {
    "enough_photos": _("You already have {limit} photos. Remove one to add another."),
    "changed_file": _("This file has changed since the upload began. Choose it again."),
    "file_lost": _("This photo got lost on our side. Please send it again."),
}
# When the photos did not work for a reason that has no sentence yet.
_SHOOT_OTHER: Final = _("Your photos did not work for this style. Different light or another angle may help.")
_STAGES: Final = {
    "": _("Getting ready"),
    "reading": _("Looking at your photos"),
    "choose": _("Choosing your best photos"),
    "generate": _("Taking your pictures"),
    "refine": _("Working out the details"),
    "develop": _("Cutting you out of the background, hair by hair"),
    "finish": _("Setting light, framing and backdrop"),
    "rank": _("Putting the best first"),
    # Of a small change of a finished picture.
    "layers": _("Fetching your picture's layers"),
    "measure": _("Looking at it afresh"),
    "judge": _("Checking that it is still you, and still one team"),
    "storing": _("Laying out your pictures"),
    "done": _("Ready"),
}
# A stage of a newer worker than this page.
_STAGE_OTHER: Final = _("Working on your pictures")
_DATA_WORDS: Final = {"left": _("left"), "right": _("right"), "video": _("video")}
# Likeness above which these words are true; 0.93 is the median of two real photos of one person.
_LIKENESS: Final = (
    (0.93, _("A very close match")),
    (0.84, _("A close match")),
    (0.0, _("A good match")),
)


def sentence(code: str, data: Mapping[str, Any] | None = None, fallback: str = "") -> str:
    """What a finding's code says to the person; `fallback` for a code of an older release."""
    data = data or {}
    if code == "many_good":
        count = int(data["count"])
        return ngettext("{count} good photo.", "{count} good photos.", count).format(count=count)
    if code == "many_usable":
        count = int(data["count"])
        words = ngettext("{count} photo can be used.", "{count} photos can be used.", count)
        return words.format(count=count)
    prose = _UPLOAD.get(code) or messages.ALL.get(code)
    if prose is None:
        return fallback or gettext("This photo cannot be used. Send another one.")
    return _fill(prose, data, fallback)


def shoot_failure(code: str, data: Mapping[str, Any]) -> str:
    """Why a shoot failed because of the photos, and what to do."""
    return _fill(messages.prose(code, data) or _SHOOT_OTHER, data, gettext(_SHOOT_OTHER))


def stage(code: str) -> str:
    """What the studio does right now; "generate:12/30" names its step."""
    name, _colon, step = code.partition(":")
    words = gettext(_STAGES.get(name, _STAGE_OTHER))
    done, slash, total = step.partition("/")
    if not slash:
        return words
    return gettext("{stage} (step {done} of {total})").format(stage=words, done=done, total=total)


def likeness(value: float) -> str:
    """A likeness of 0..1 in words."""
    return gettext(next(words for bound, words in _LIKENESS if value >= bound))


def _fill(prose: str, data: Mapping[str, Any], fallback: str) -> str:
    words = {
        name: gettext(_DATA_WORDS[value]) if isinstance(value, str) and value in _DATA_WORDS else value
        for name, value in data.items()
    }
    try:
        return gettext(prose).format(**words)
    except (KeyError, IndexError):
        return fallback


_ENGINES: Final = {
    "studio": (
        _("Studio"),
        _("The person's own photo, relit on the brand's backdrop. Every part of the face is real."),
    ),
    "wardrobe": (
        _("Wardrobe"),
        _("Draws clothes and shoulders around the person's own head. The face stays as the camera saw it."),
    ),
    "sdxl": (
        _("Portrait"),
        _(
            "Draws a new portrait after the person's photos, in the style's pose and light. "
            "Likeness is checked."
        ),
    ),
    "edit": (
        _("Retake"),
        _("Follows an instruction: the same person, photographed again in the style. Likeness is checked."),
    ),
}


def engine(name: str) -> tuple[str, str]:
    """What an engine is called, and what it does."""
    title, words = _ENGINES.get(name, (name, ""))
    return gettext(title), gettext(words) if words else ""


# Why a style's pictures are made from the person's own photo though its engine draws.
_FALLBACK: Final = {
    "company": _("Your company uses no generated pictures, so yours are made from your own photo."),
    "person": _(
        "Pictures are only generated for people who agreed to it, so yours are made from your own photo."
    ),
    "asked": _("Made from your own photo, as you wished."),
    "unknown": _("The style's engine is not available here, so your pictures are made from your own photo."),
    "generated_failed": _(
        "Nothing that was drawn looked enough like you, so it is not shown. "
        "These are made from your own photo."
    ),
}


def fallback(code: str) -> str:
    """Why the studio worked instead of the style's engine; empty where it did not."""
    return gettext(_FALLBACK[code]) if code in _FALLBACK else ""


_START: Final = {
    "no_photo": _("Add at least one photo that can be used."),
    "being_checked": _("Your photos are still being looked at. Try again in a moment."),
    "limit": _("You have used all {limit} of your shoots. Choose one of your pictures, or ask your HR team."),
}


def start_refused(code: str, data: Mapping[str, Any]) -> str:
    """Why a shoot cannot be started now."""
    return gettext(_START[code]).format(**data)


# What the steps of a small change are called, from the lowest to the highest.
_AS_MADE: Final = _("as made")
NUDGES: Final = {
    "brightness": (_("darker"), _("a little darker"), _AS_MADE, _("a little lighter"), _("lighter")),
    "size": (_("head smaller"), _("head a little smaller"), _AS_MADE, _("head a little larger"),
             _("head larger")),
    "side": (_("to the left"), _("a little to the left"), _AS_MADE, _("a little to the right"),
             _("to the right")),
}  # fmt: skip


def nudge_step(name: str, step: int) -> str:
    """A step of a small change in words."""
    return gettext(NUDGES[name][step + len(NUDGES[name]) // 2])


def nudged(steps: Mapping[str, int]) -> str:
    """A small change in words: "a little lighter, head larger"; empty for none."""
    return ", ".join(nudge_step(name, int(steps[name])) for name in NUDGES if steps.get(name))


_HEAD, _SIDE = NUDGES["size"], NUDGES["side"]
_LIGHT: Final = (_("softer light"), _("stronger light"))
_PLAIN: Final = _("exactly as your company's style has it")


def varied(told: Mapping[str, Any]) -> str:
    """What sets one of several pictures of the same photo apart, as `Candidate.variation` tells it."""
    found = Variation.read(told)
    pairs = ((found.ratio, _LIGHT), (found.head, (_HEAD[1], _HEAD[3])), (found.shift, (_SIDE[1], _SIDE[3])))
    words = [gettext(more if value > 0 else less) for value, (less, more) in pairs if value]
    return ", ".join(words) or gettext(_PLAIN)


_NUDGE_GATES: Final = {
    "gate_skin_ita": "nudge_skin",
    "gate_skin_lightness": "nudge_skin",
    "gate_own_skin_ita": "nudge_skin",
    "gate_own_skin_lightness": "nudge_skin",
    "gate_clipped": "nudge_skin",
    "crop_too_tight": "nudge_photo_ends",
    "head_cut": "nudge_photo_ends",
    "no_usable_photo": "nudge_no_photos",
}


def nudge_failure(kind: str, code: str) -> str:
    """Why a small change could not be made, and what to do."""
    if kind == "engine":
        return gettext(messages.SHOOT["engine_failed"])
    known = _NUDGE_GATES.get(code, code)
    return gettext(messages.NUDGE.get(known, messages.NUDGE["nudge_gate"]))
