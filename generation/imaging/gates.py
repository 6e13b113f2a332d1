"""What is measured on a finished picture, and what it must hold to be shown."""

from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Look
from generation.imaging import color, steady
from generation.imaging.errors import SubjectError
from generation.imaging.face.detect import detect_faces
from generation.imaging.finishing import framing
from generation.imaging.finishing.skin import skin_lab
from generation.imaging.finishing.vary import Variation
from generation.imaging.identity import likeness
from generation.imaging.identity.encoder import embed
from generation.imaging.landmarks import (
    LEFT_EYE,
    RIGHT_EYE,
    face_unit,
    region,
    skin_region,
)
from generation.imaging.lighting import estimate, temperature
from generation.imaging.lighting.eyes import eye_white
from generation.imaging.lighting.halves import unlike
from generation.imaging.lighting.relight import missing_key, rig_shading
from generation.imaging.models.configured import configuration
from generation.imaging.types import SRGB8, Face, Gallery, Gate, Light, LinearRGB, MasterLayers

# Skin drift against the person's own white-balanced photo. The team's bars are 4 degrees (median) and
# 1.5 (mean over a tone bin); one picture may lie farther out before it stops being the person's skin.
MOST_ITA_DRIFT_DEG: Final = 7.0
MOST_L_DRIFT: Final = 3.5
# Share of the face's skin at 250 and above in every channel.
MOST_CLIPPED: Final = 0.02
# Haze of the matte around the head plus what was kept although its witnesses contradict each other there
# (`matting.layers.Matte.unsure`, docs/mattes.md): of the shared portraits, fit ones measure 0.09 to 0.34,
# the one in which bystanders are left 0.42, the one behind a name plate 0.49.
MOST_UNSURE: Final = 0.39
# Eye detail over skin detail, see `eye_sharpness`: 1 is a face in focus.
LEAST_EYE_SHARPNESS: Final = 0.30
# Lit over shadow side beyond which a face looks lit by one bare lamp, whatever the rig. Of the shared
# portraits none comes near (at most 3.3), since the light is moved.
MOST_ONE_SIDED: Final = 7.0
# Shadow of one half that is left, in stops against the rig (`halves.unlike`): of the shared portraits 48
# measure at most 0.41, two whose half face stays in hard shadow 0.59 and 0.78. A style that keeps the photo's
# own light keeps its shadows.
MOST_SHADOW: Final = 0.43
_OWN_SHADOW: Final = 0.5
# Share of the rig's light from aside that may be missing: of the shared portraits 49 measure at most 0.28,
# and one in hard and mixed light from the other side 0.7 to 1.4.
MOST_MISSING_KEY: Final = 0.5
_OWN_KEY: Final = 3.0
# Part of the frame's width and height at the upper corners in which only backdrop is seen.
_CORNER: Final = (0.06, 0.04)


@dataclass(frozen=True, slots=True)
class Measured:
    """Numbers of one finished picture. Fractions are of the frame's height; skin is CIELAB. `readings` is
    where its landmarks were found, each time they were looked for; `face` has their mean."""

    face: Face
    readings: steady.Readings
    light: Light
    one_sided: float
    shadow: float
    missing_key: float
    eye_line: float
    head_height: float
    roll_deg: float
    skin: tuple[float, float, float]
    own_skin: tuple[float, float, float]
    clipped: float
    eye_sharpness: float
    contrast: float


def measure(image: SRGB8, master: MasterLayers, look: Look) -> Measured:
    """Look at the finished picture afresh, as somebody who has never seen the photo.

    Raises SubjectError `no_face` when no face is found in it.
    """
    faces = detect_faces(image)
    readings = steady.readings(image) if faces else None
    if readings is None:
        raise SubjectError("no_face")
    landmarks = steady.mean(readings)
    face = replace(faces[0], landmarks=landmarks)
    eye_line, head_height, roll_deg = framing.measured(landmarks, (image.shape[1], image.shape[0]))
    small8, small_landmarks = _small(image, landmarks)
    small = color.srgb8_to_linear(small8)
    samples = estimate.skin_samples(small, small_landmarks)
    shading = estimate.fit_shading(samples)
    seen = temperature.estimate(small, small_landmarks, eye_white(image, landmarks))
    skin = skin_region(landmarks, (image.shape[0], image.shape[1])) > 0
    return Measured(
        face=face,
        readings=readings,
        light=estimate.describe(shading, seen.temperature_k, seen.tint),
        one_sided=estimate.side_ratio(shading),
        shadow=unlike(small, small_landmarks, rig_shading(look.light)),
        missing_key=missing_key(shading, samples, look.light),
        eye_line=eye_line,
        head_height=head_height,
        roll_deg=roll_deg,
        skin=_triple(skin_lab(small, small_landmarks)),
        own_skin=_own_skin(master, look),
        clipped=float((image[skin].min(axis=-1) >= 250).mean()) if skin.any() else 0.0,
        eye_sharpness=eye_sharpness(image, landmarks),
        contrast=_face_contrast(small, small_landmarks),
    )


def _face_contrast(small: LinearRGB, landmarks: NDArray[Any]) -> float:
    """Deviation of L* over the face's skin, in hundredths: how contrasty the light draws it."""
    pixels = small[skin_region(landmarks, (small.shape[0], small.shape[1])) > 0]
    return float(color.linear_to_lab(pixels)[:, 0].std() / 100) if len(pixels) else 0.0


def _triple(values: NDArray[Any]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _small(image: SRGB8, landmarks: NDArray[Any]) -> tuple[SRGB8, NDArray[Any]]:
    scale = min(1.0, 90.0 / face_unit(landmarks))
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, np.asarray(landmarks * np.float32(scale), np.float32)


def _own_skin(master: MasterLayers, look: Look) -> tuple[float, float, float]:
    """The person's skin in the photo, white-balanced to the brand's temperature, at the brand's exposure."""
    found = temperature.Colour(master.light.temperature_k, master.light.tint)
    matrix = temperature.balance(found, look.light.temperature_k)
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    balanced: LinearRGB = small @ matrix.T * np.float32(2.0**look.grade.exposure_ev)
    return _triple(skin_lab(balanced, landmarks))


def eye_sharpness(image: SRGB8, landmarks: NDArray[Any]) -> float:
    """Fine detail in the eyes relative to what a sharp photo has there, about 0..1.

    Ratio of the gradient energy of a picture to that of its own slightly blurred copy: a picture that is
    soft already loses little.
    """
    unit = face_unit(landmarks)
    mask = region(landmarks, LEFT_EYE, image.shape[:2]) | region(landmarks, RIGHT_EYE, image.shape[:2])
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size < 3 or columns.size < 3:
        return 0.0
    part = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.float32)
    blurred = cv2.GaussianBlur(grey, (0, 0), max(0.6, 0.012 * unit))
    sharp, soft = (
        cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), max(0.4, 0.004 * unit)), cv2.CV_32F),
        cv2.Laplacian(blurred, cv2.CV_32F),
    )
    ratio = float(np.sqrt((sharp**2).mean()) / max(float(np.sqrt((soft**2).mean())), 1e-3))
    return float(np.clip((ratio - 1.0) / 3.0, 0.0, 1.0))


def matte(master: MasterLayers) -> Gate:
    """The gate of what a photo was cut out as: it is the same for all of its pictures."""
    return Gate(master.unsure, MOST_UNSURE, master.unsure <= MOST_UNSURE)


def judge(
    image: SRGB8, measured: Measured, master: MasterLayers, gallery: Gallery, look: Look
) -> dict[str, Gate]:
    """Every gate by name, failed ones included. Raises EngineError."""
    hardest = max(MOST_ONE_SIDED, 1.5 * look.light.key_fill_ratio)
    kept = 1 - look.light.strength
    darkest, missing = MOST_SHADOW + _OWN_SHADOW * kept, MOST_MISSING_KEY + _OWN_KEY * kept
    embeddings = [photo.embedding for photo in gallery.photos if photo.embedding is not None]
    skin, own = np.array(measured.skin), np.array(measured.own_skin)
    ita = float(color.ita_deg(skin) - color.ita_deg(own))
    lightness = measured.skin[0] - measured.own_skin[0]
    return {
        "likeness": likeness.gate(embed(image, measured.face), embeddings),
        "skin_ita": Gate(ita, MOST_ITA_DRIFT_DEG, abs(ita) <= MOST_ITA_DRIFT_DEG),
        "skin_lightness": Gate(lightness, MOST_L_DRIFT, abs(lightness) <= MOST_L_DRIFT),
        "light": Gate(measured.one_sided, hardest, measured.one_sided <= hardest),
        "shadow": Gate(measured.shadow, darkest, measured.shadow <= darkest),
        "key": Gate(measured.missing_key, missing, measured.missing_key <= missing),
        "matte": matte(master),
        "clipped": Gate(measured.clipped, MOST_CLIPPED, measured.clipped <= MOST_CLIPPED),
        "eyes": Gate(
            measured.eye_sharpness, LEAST_EYE_SHARPNESS, measured.eye_sharpness >= LEAST_EYE_SHARPNESS
        ),
    }


def numbers(image: SRGB8, measured: Measured) -> dict[str, float]:
    """What team consistency compares beyond light and framing; all JSON-able."""
    height, width = image.shape[:2]
    rows, columns = max(1, round(_CORNER[1] * height)), max(1, round(_CORNER[0] * width))
    corners = np.concatenate([image[:rows, :columns].reshape(-1, 3), image[:rows, -columns:].reshape(-1, 3)])
    backdrop = color.linear_to_lab(color.srgb8_to_linear(corners)).mean(axis=0)
    return {
        "skin_l": round(measured.skin[0], 3),
        "skin_l_drift": round(measured.skin[0] - measured.own_skin[0], 3),
        "contrast": round(measured.contrast, 4),
        "backdrop_l": round(float(backdrop[0]), 3),
        "backdrop_a": round(float(backdrop[1]), 3),
        "backdrop_b": round(float(backdrop[2]), 3),
    }


def told(variation: Variation, master: MasterLayers, look: Look, size: tuple[int, int]) -> dict[str, Any]:
    """What sets the candidate apart, how far cloth was drawn to reach the frame's edge, and how many pixels
    of the frame stand for one of the master: above 1 the photo was enlarged. Models that the operator chose
    instead of what Onelight carries are named."""
    laid = framing.frame_person(master.alpha, master.landmarks, variation.framing(look.framing), size)
    reach = {"cloth_drawn": laid.reach.cloth, "hair_drawn": laid.reach.hair}
    chosen = configuration()
    models = {"matte_model": chosen.matte, "upscale_model": chosen.upscale}
    used = {name: model for name, model in models.items() if model}
    return {**reach, "enlargement": round(laid.scale, 3), **variation.told(), **used}
