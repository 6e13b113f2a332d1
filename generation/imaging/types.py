"""Values that pass between the stages. Stages import these, never each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

# (H, W, 3) float32 linear-light RGB with sRGB primaries, nominally 0..1.
LinearRGB = NDArray[np.float32]
# (H, W, 3) uint8 sRGB.
SRGB8 = NDArray[np.uint8]
# (H, W) float32 in 0..1.
Alpha = NDArray[np.float32]
# (128,) float64, dlib's embedding, not L2-normalised.
Embedding = NDArray[np.float64]

Verdict = Literal["accept", "warn", "reject"]
Source = Literal["retouched", "generated"]
# What makes a matte unsure: a thing before the chest, somebody or something beside the person, or hair that
# is hard to tell from what is behind it.
Doubt = Literal["before", "beside", "hair"]
# Called with a stage's name and the fraction of the whole work done (0..1). It may raise
# `Cancelled` to stop between steps.
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding about a photo or a person. `message` is an English sentence that says what to do;
    the portal translates by `code` and `data`."""

    code: str
    message: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face, in pixels of the picture it was found in."""

    # x0, y0, x1, y1 of the landmarks' bounding box.
    box: tuple[float, float, float, float]
    # (478, 3) float32 MediaPipe mesh: x, y in pixels, z in pixels (smaller is nearer).
    landmarks: NDArray[np.float32]
    # Positive yaw: the head turns to the camera's right. Positive pitch: up. Positive roll: clockwise.
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    # Detector confidence, 0..1.
    score: float


@dataclass(frozen=True, slots=True)
class DecodedPhoto:
    """A safely decoded photo: upright, sRGB, without metadata."""

    pixels: SRGB8
    format: str
    # Size as stored, before any bounded down-scaling on decode.
    original_width_px: int
    original_height_px: int
    # What the file said about its making before that was dropped: "" (nothing), "generated", "edited" or
    # "filtered"; and on what evidence, see `imaging.origin`.
    origin: str = ""
    origin_evidence: str = ""


@dataclass(frozen=True, slots=True)
class PhotoReport:
    """The photo check's verdict on one photo. Reasons stand in the order of what helps most."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    measures: dict[str, float | int | str | bool | None]


@dataclass(frozen=True, slots=True)
class CheckedPhoto:
    """A photo after the check. `decoded`, `face` and `embedding` are None where it got no further."""

    name: str
    report: PhotoReport
    decoded: DecodedPhoto | None
    face: Face | None
    embedding: Embedding | None


@dataclass(frozen=True, slots=True)
class Gallery:
    """One person's accepted photos, best first, with the spread of their own embeddings."""

    photos: tuple[CheckedPhoto, ...]
    # Distances between the person's own photos (empty with one photo).
    own_distances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Light:
    """Light on a face. Azimuth positive to the camera's right."""

    azimuth_deg: float
    elevation_deg: float
    key_fill_ratio: float
    temperature_k: float
    # Stops of green over red and blue; positive is greener.
    tint: float = 0.0


@dataclass(frozen=True, slots=True)
class MasterLayers:
    """One developed and framed portrait before backdrop and grade; enough to re-render any style.

    Arrays are in the photo's own (roll-corrected) frame, generously wider than any framing, so that
    framing can change later.
    """

    # (H, W, 3) float32 linear, foreground colour without spill.
    foreground: LinearRGB
    # (H, W) float32.
    alpha: Alpha
    # (478, 3) in pixels of `foreground`.
    landmarks: NDArray[np.float32]
    # Light as it was found in the photo.
    light: Light
    # How unsure the matte is, 0..1: haze in the band around head and neck, and area that was kept although
    # its witnesses contradict each other (`matting.layers`).
    unsure: float
    # Name of the photo it came from.
    photo: str
    # What weighs most in `unsure`; empty where that was not kept.
    doubt: Doubt | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate's number, its bound and whether it was passed."""

    value: float
    bound: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Take:
    """What ranking needs to know of one finished picture; all of it can be stored in a row."""

    # Names the picture among its person's; the same in every run of the same shoot.
    key: str = ""
    photo: str = ""
    # Whether it is the style itself, not a variation.
    plain: bool = True
    scores: Mapping[str, float] = field(default_factory=dict)
    # `ranking.signature` as text.
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One finished picture with everything that was measured on it."""

    image: SRGB8
    rank: int
    source: Source
    # 0..1, from the distance to the gallery; higher is more alike.
    likeness: float
    gates: dict[str, Gate]
    scores: dict[str, float]
    light: Light
    eye_line: float
    head_height: float
    roll_deg: float
    seconds: float
    master: MasterLayers
    # What sets this candidate apart within the set: photo, crop and light variation.
    variation: dict[str, Any] = field(default_factory=dict)
    # Further numbers of the picture, for team consistency: skin lightness before and after, contrast,
    # the backdrop's corner colour.
    measures: dict[str, float] = field(default_factory=dict)
    take: Take = field(default_factory=Take)
