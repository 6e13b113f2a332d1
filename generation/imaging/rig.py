"""The brand's light on one master: white balance, the rig's gain and the exposure that keeps the skin."""

import weakref
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Grade, LightRig, Look
from generation.imaging.finishing import grade, skin
from generation.imaging.finishing.vary import Variation
from generation.imaging.landmarks import LEFT_IRIS, RIGHT_IRIS, Landmarks, face_unit
from generation.imaging.lighting import estimate, field, highlights, relight, saturation, scene, temperature
from generation.imaging.lighting.eyes import eye_white
from generation.imaging.threads import ProcessLock
from generation.imaging.types import Alpha, Light, LinearRGB, MasterLayers


def light_of(foreground: LinearRGB, alpha: Alpha, landmarks: Landmarks) -> Light:
    """The light that a photo was taken in, from the person in it: (h, w, 3) and (h, w)."""
    small, there = estimate.small_view(foreground, landmarks)
    shading = estimate.fit_shading(estimate.skin_samples(small, there))
    person, eyes = small * shrunk(alpha, small)[..., None], eye_white(foreground, landmarks)
    seen = temperature.estimate(person, there, eyes)
    return estimate.describe(shading, seen.temperature_k, seen.tint)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What plans start from: a (3, 3) that calms colours, what was seen in the small picture under it and
    white balance, the part of that around the face, and the whites of the eyes (3,) read at the photo's size
    under both, None where hidden; and where that picture may burn."""

    calmer: NDArray[Any]
    whole: scene.Scene
    face: scene.Scene
    eyes: NDArray[Any] | None
    highlights: highlights.Highlights


def lighting(master: MasterLayers, look: Look, vary: Variation) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """White balance and calmer colours as a (3, 3) matrix, and rig with the exposure that keeps the skin's
    own lightness through the grade, and what a person asked for on top, as a gain on the whole master,
    (h, w, 3) at a small size."""
    rig = vary.light(look.light)
    found = temperature.Colour(master.light.temperature_k, master.light.tint)
    matrix = temperature.balance(found, rig.temperature_k)
    asked = 2.0**vary.exposure_ev
    if rig.strength <= 0 and rig.rim <= 0:
        small, landmarks = estimate.small_view(master.foreground, master.landmarks)
        balanced = small @ matrix.T
        even = skin.exposure(balanced, balanced, landmarks, look.grade)
        return matrix, np.full((2, 2, 3), even * asked, np.float32)
    seen = _scene(master, matrix, rig.strength)
    planned, exposure = _planned(seen.face, rig, look.grade)
    gain = relight.drawn(planned, seen.whole, rig)
    held = seen.highlights.below_white
    # A style's own colours, a warm table or black and white, are wanted: white is read without them.
    plain = look.grade.model_copy(update={"saturation": 0.0, "lut": ""})
    tone = partial(_graded, exposure=1.0, settings=plain)
    read = _read(seen, held(gain * np.float32(exposure)), tone)
    trimmed = temperature.trimmed(found, read, rig.temperature_k, rig.strength)
    final = seen.calmer @ temperature.balance(trimmed, rig.temperature_k)
    # Skin is no grey: with white it changes its lightness, too.
    face, more = seen.face, np.asarray(final @ np.linalg.inv(seen.calmer @ matrix), np.float32)
    exposure = skin.exposure(face.linear, (face.linear @ more.T) * planned.gain, face.landmarks, look.grade)
    return np.asarray(final, np.float32), held(gain * np.float32(exposure * asked))


def _planned(face: scene.Scene, rig: LightRig, settings: Grade) -> tuple[relight.Relight, float]:
    """The plan for a face, and the exposure that keeps the skin under it. They decide each other: a second
    plan goes on with the first one's exposure."""

    def keeping(gain: NDArray[np.float32]) -> float:
        return skin.exposure(face.linear, face.linear * gain, face.landmarks, settings)

    planned = relight.plan(face, rig, partial(_graded, exposure=1.0, settings=settings))
    tone = partial(_graded, exposure=keeping(planned.gain), settings=settings)
    planned = relight.plan(face, rig, tone, planned)
    return planned, keeping(planned.gain)


def _read(seen: _Seen, gain: NDArray[np.float32], tone: field.Tone) -> temperature.Colour:
    """The light's colour in the small picture as it will be shown."""
    eyes, landmarks = seen.eyes, seen.whole.landmarks
    # A collar is the lowest that is read.
    rows = slice(0, temperature.collar(seen.whole.linear.shape, landmarks)[0].stop)
    shown = tone(seen.whole.linear[rows] * gain[rows]) * seen.whole.alpha[rows][..., None]
    if eyes is not None:
        # Of what was read at the photo's size: here eyes are a few pixels.
        x, y = np.rint(landmarks[[LEFT_IRIS, RIGHT_IRIS], :2]).astype(int).T
        at = gain[np.clip(y, 0, gain.shape[0] - 1), np.clip(x, 0, gain.shape[1] - 1)].mean(axis=0)
        eyes = tone(np.asarray(eyes * at, np.float32)[None, None])[0, 0].astype(np.float64)
    return temperature.estimate(np.asarray(shown, np.float32), landmarks, eyes)


# Of the last master alone: ten to thirty megabytes.
_seen: dict[tuple[object, ...], tuple[weakref.ref[Any], weakref.ref[Any], _Seen]] = {}
_seen_lock = ProcessLock()


def _scene(master: MasterLayers, matrix: NDArray[Any], strength: float) -> _Seen:
    """What plans start from. A photo's variations, and a style that is being tried out, differ in nothing of
    it: the last one is kept, as long as its master is."""
    layer, alpha = master.foreground, master.alpha
    key = (id(layer), id(alpha), master.landmarks.tobytes(), matrix.tobytes(), strength)
    # Two threads that finish pictures of one master wait for one scene.
    with _seen_lock:
        found = _seen.get(key)
        if found is not None and found[0]() is layer and found[1]() is alpha:
            return found[2]
        small, landmarks = estimate.small_view(layer, master.landmarks)
        calmer = saturation.matrix(1 - strength * (1 - saturation.calm(small @ matrix.T, landmarks)))
        calm = np.asarray(calmer @ matrix, np.float32)
        balanced, eyes = small @ calm.T, eye_white(layer, master.landmarks)
        looked = scene.scene(balanced, shrunk(alpha, small), landmarks, strength)
        bright = highlights.highlights(looked.linear, looked.mask, face_unit(landmarks))
        made = _Seen(calmer, looked, looked.face(), None if eyes is None else calm @ eyes, bright)
        _seen.clear()
        _seen[key] = weakref.ref(layer, lambda _: _seen.pop(key, None)), weakref.ref(alpha), made
        return made


def shrunk(alpha: Alpha, small: LinearRGB) -> Alpha:
    """Alpha at the size of a small view."""
    size = (small.shape[1], small.shape[0])
    return np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)


def _graded(seen: LinearRGB, exposure: float, settings: Grade) -> LinearRGB:
    return grade.grade(np.asarray(seen * np.float32(exposure), np.float32), settings)
