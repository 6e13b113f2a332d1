"""What is special about pictures that an engine drew: other seeds for what failed, a first look, and skin
that is brought to what the person's own photos show."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from branding.look import Framing, Look
from generation.imaging import codes, materials, moments, photocheck
from generation.imaging.decode import decode_photo
from generation.imaging.engines.base import Portrait, Posed, Sitter, Sitting
from generation.imaging.engines.table import find_offer
from generation.imaging.errors import SubjectError
from generation.imaging.finishing.skin import skin_lab
from generation.imaging.gates_generated import Wearer
from generation.imaging.lighting import estimate, temperature
from generation.imaging.prompt import Visible
from generation.imaging.ranking import order
from generation.imaging.types import SRGB8, CheckedPhoto, Gallery, MasterLayers, PhotoReport, Progress

# A photo as the studio shows it under a look, at a size and so much looser than the style's framing.
Pose = Callable[[CheckedPhoto, Look, tuple[int, int], float], Posed]

# Of the work that a round leaves to do, what the next one is expected to do: most people need one round.
_EXPECTED: Final = 0.85
# How far white balance (as a factor on the temperature) and exposure may be moved to bring drawn skin to the
# person's own: a colour cast and a third of a stop. What drifted farther fails its gate.
_MOST_CAST: Final = 1.25
_MOST_EXPOSURE: Final = 1.26
_CASTS: Final = 33
# Seeds are 31 bits: every random generator takes them.
_SEED_BITS: Final = 31


def seed_of(seed: int, again: int) -> int:
    """The seed of the n-th further round; round 0 keeps the shoot's."""
    if again == 0:
        return seed
    state = np.random.SeedSequence([seed, again]).generate_state(1)[0]
    return int(state) >> (32 - _SEED_BITS)


def nearer(progress: Progress, again: int) -> Progress:
    """`progress` of a further round: nearer to the end than all before, never back."""
    left = (1 - _EXPECTED) ** again

    def told(stage: str, share: float) -> None:
        progress(stage, 1 - left * (1 - _EXPECTED * share))

    return told


def references(look: Look) -> tuple[SRGB8, ...]:
    """The pictures whose colour and light the look wants. Raises EngineError `material_missing` or
    `material_damaged`, DecodeError."""
    return tuple(decode_photo(materials.read(key)).pixels for key in look.engine_options.references)


def sitting(seen: Visible, look: Look, size: tuple[int, int], pose: Pose) -> Sitting:
    """What the look's engine is told; `pose` is the studio's (`run.pose`). Raises as `references` does."""
    draws = find_offer(look.engine).source == "generated"
    style = references(look) if draws else ()
    return Sitting(seen, size, style, lambda photo, at, looseness: pose(photo, look, at, looseness))


def spanning(gallery: Gallery) -> Gallery:
    """The gallery with photos first that show something new, and those that repeat a moment last."""
    places = order.spanning([photo.report.measures for photo in gallery.photos])
    photos, _ = moments.new_first([gallery.photos[at] for at in places])
    return replace(gallery, photos=tuple(photos))


def sitter(
    gallery: Gallery,
    look: Look,
    pose: Pose,
    *,
    seed: int,
    count: int,
    size: tuple[int, int],
    progress: Progress,
) -> Sitter:
    """A person as `run.takes` shows them to the look's engine in the first round, for who draws several.

    Raises SubjectError `no_usable_photo`.
    """
    if not gallery.photos:
        raise SubjectError("no_usable_photo")
    told = sitting(Wearer(gallery, look).visible(), look, size, pose)
    return Sitter(spanning(gallery), told, seed_of(seed, 0), count, progress)


def looked_at(portrait: Portrait, framing: Framing) -> Portrait:
    """The portrait with the face, embedding and measures that the photo check finds in it.

    A photo of the gallery comes back as it is. Raises SubjectError `drawn_no_face` or
    `drawn_several_faces`: broken pictures are not worth developing.
    """
    photo = portrait.photo
    if portrait.source != "generated" or photo.decoded is None:
        return portrait
    seen = photocheck.check_decoded(photo.decoded, photo.name, framing)
    if seen.face is None:
        raise SubjectError("drawn_no_face")
    if any(reason.code == "several_faces" for reason in seen.report.reasons):
        raise SubjectError("drawn_several_faces")
    return replace(portrait, photo=replace(seen, report=PhotoReport("accept", (), seen.report.measures)))


def matched(
    master: MasterLayers, own: NDArray[np.float64], look: Look
) -> tuple[MasterLayers, dict[str, str | int | float]]:
    """A drawn picture's master with the white balance and exposure at which its skin is the person's own.

    `own` is (photos, 3): the skin of the person's photos in CIELAB, balanced to the look's light. A light
    that is estimated from skin alone would take a drawn picture's colour for the lamp's; here the skin is
    known. Returns the master and what was moved.
    """
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    wanted_k, found_k = look.light.temperature_k, master.light.temperature_k
    low, high = np.quantile(own, [0.25, 0.75], axis=0)
    hues = np.sort(np.arctan2([low[2], high[2]], [low[1], high[1]]))
    tint = master.light.tint
    casts = found_k * np.geomspace(1 / _MOST_CAST, _MOST_CAST, _CASTS)
    skins = [
        skin_lab(
            np.asarray(small @ temperature.balance(temperature.Colour(kelvin, tint), wanted_k).T, np.float32),
            landmarks,
        )
        for kelvin in casts
    ]
    off = [abs(hue - np.clip(hue, *hues)) for hue in (np.arctan2(skin[2], skin[1]) for skin in skins)]
    # Of those that fit the one that moves least.
    best = min(range(_CASTS), key=lambda at: (round(off[at], 3), abs(at - _CASTS // 2)))
    seen = float(skins[best][0])
    target = float(np.clip(seen, low[0], high[0]))
    factor = float(np.clip(((target + 16) / (seen + 16)) ** 3, 1 / _MOST_EXPOSURE, _MOST_EXPOSURE))
    light = replace(master.light, temperature_k=float(casts[best]))
    told: dict[str, str | int | float] = {
        "skin_kelvin": round(float(casts[best] - found_k)),
        "skin_ev": round(float(np.log2(factor)), 3),
    }
    foreground = codes.settle(master.foreground * np.float32(factor), master.alpha)
    return replace(master, foreground=foreground, light=light), told
