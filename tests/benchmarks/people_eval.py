"""One person through the whole pipeline, and what a stranger measures on photo and finished picture."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from branding.look import Backdrop, LightRig, Look
from generation.imaging import photocheck, run
from generation.imaging.color import tone_bin
from generation.imaging.consistency import Shown
from generation.imaging.errors import SubjectError
from generation.imaging.face.detect import detect_faces
from generation.imaging.finishing import backdrop, grade
from generation.imaging.finishing.vary import Variation
from generation.imaging.identity.encoder import embed
from generation.imaging.landmarks import skin_region
from generation.imaging.lighting import temperature
from generation.imaging.rig import light_of, lighting
from generation.imaging.types import CheckedPhoto, Embedding, MasterLayers
from tests.benchmarks import halves_light, looking, material

Array = Any
# Half of a final: what is measured does not depend on it, and an evaluation ends within minutes.
SIZE: Final = (819, 1024)
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
# How much warmer photos are made to see what white balance takes out again, in mired: a lamp at home is
# 100 and more, and cameras leave a fifth or a third of that.
_CASTS: Final = (-25.0, 25.0)
_PLAIN: Final = tuple(Backdrop(kind="solid", color=color, vignette=0.0) for color in ("#000000", "#ffffff"))


@dataclass(slots=True)
class Person:
    """What was found. `status` is "ok", the code that stood in the way, or "crash: …".

    `taken` is the photo as it is, `balanced` the photo under the pipeline's white balance to the brand's
    temperature, `shown` the first finished picture. `candidates`: per picture the numbers of `_candidate`.
    `halves_in`, `halves_out` are the light told from the halves of the face in photo and picture;
    `known_halves`, `known_fit` the azimuths (degrees) that both of a stranger's readings find on this face
    when it is lit by exactly the rig: how far they can be trusted.
    `casts` are pairs of how much warmer (mired) the photo was made, and how much of it white balance left.
    `light_step` as in `looking.steepest_light_step`; `unsteady` as in `_unsteady`. `nobody` (H, W) says where
    the preview shows only backdrop.
    """

    name: str
    part: str
    status: str
    verdict: str = ""
    codes: tuple[str, ...] = ()
    tone: str = ""
    seconds: float = 0.0
    light_step: float = 0.0
    unsteady: float = 0.0
    casts: list[tuple[float, float]] = field(default_factory=list)
    taken: looking.Seen | None = None
    balanced: looking.Seen | None = None
    shown: looking.Seen | None = None
    light_in: Any = None
    light_out: Any = None
    told: Shown | None = None
    halves_in: halves_light.Halves | None = None
    halves_out: halves_light.Halves | None = None
    known_halves: float = 0.0
    known_fit: float = 0.0
    candidates: list[dict[str, Any]] = field(default_factory=list)
    embedding: Embedding | None = None
    photo: Embedding | None = None
    before: Array = None
    picture: Array = None
    preview: Array = None
    nobody: Array = None


def everybody(files: list[Path], look: Look, workers: int) -> Iterator[Person]:
    """All people, in order, by `workers` processes with one thread each."""
    if workers <= 1:
        yield from (evaluate(file, look) for file in files)
        return
    for name in _THREADS:
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(evaluate, files, [look] * len(files))


def evaluate(file: Path | tuple[str, bytes], look: Look) -> Person:
    """Check, shoot and measure one photo. Never raises: a crash is a finding."""
    cv2.setNumThreads(1)
    name = file[0] if isinstance(file, tuple) else file.name
    data = file[1] if isinstance(file, tuple) else file.read_bytes()
    person = Person(Path(name).stem, material.part_of(name), "ok")
    started = time.perf_counter()
    try:
        _evaluate(person, data, look)
    except SubjectError as error:
        person.status = error.code
    except Exception as error:
        person.status = f"crash: {type(error).__name__}: {error}"
    person.seconds = time.perf_counter() - started
    return person


def _evaluate(person: Person, data: bytes, look: Look) -> None:
    photo = photocheck.check_photo(data, person.name, look.framing)
    person.verdict = photo.report.verdict
    person.codes = tuple(reason.code for reason in photo.report.reasons)
    person.photo = photo.embedding
    if photo.decoded is None or photo.face is None:
        raise SubjectError("no_face")
    # The mesh is found anew in the photo, too, where it finds one: both sides are measured alike.
    pixels = photo.decoded.pixels
    points = looking.find(pixels)
    person.taken = looking.look(pixels, photo.face.landmarks if points is None else points)
    person.before = _bust(pixels, photo.face.landmarks)
    if person.taken is not None:
        person.tone = tone_bin(person.taken.ita_deg)
    if photo.report.verdict == "reject":
        raise SubjectError("rejected_by_check")
    try:
        _shoot(person, photo, look)
    except SubjectError:
        # Not shown to anybody; but whoever judges the pipeline wants to see it.
        person.picture = run.finish(run.develop(photo), look, SIZE)
        _compare(person, pixels)
        raise


def _compare(person: Person, pixels: Array) -> None:
    points = looking.find(person.picture)
    if points is not None and person.taken is not None:
        step = looking.steepest_light_step(pixels, person.taken.landmarks, person.picture, points)
        person.light_step = step


def _shoot(person: Person, photo: CheckedPhoto, look: Look) -> None:
    assert photo.embedding is not None and photo.decoded is not None and person.taken is not None
    gallery = photocheck.build_gallery([photo])
    found = list(run.headshots(gallery, look, seed=0, count=2, size=SIZE))
    first = found[0]
    taken_in = temperature.Colour(first.master.light.temperature_k, first.master.light.tint)
    matrix = temperature.balance(taken_in, look.light.temperature_k)
    person.balanced = looking.look(photo.decoded.pixels, person.taken.landmarks, matrix.astype(np.float64))
    person.light_in, person.light_out = first.master.light, first.light
    person.told = Shown.of(person.name, first)
    person.picture, person.shown = first.image, looking.look(first.image)
    _compare(person, photo.decoded.pixels)
    _sides(person, photo.decoded.pixels, look.light)
    person.candidates = [_candidate(one.image, one.gates["likeness"].passed) for one in found]
    person.embedding = person.candidates[0].pop("embedding", None)
    person.preview, person.nobody = _empty(first.master, look)
    person.unsteady = _unsteady(first.master, look)
    person.casts = [(cast, _left_of(cast, first.master)) for cast in _CASTS]


def _sides(person: Person, pixels: Array, rig: LightRig) -> None:
    if person.taken is None or person.shown is None:
        return
    person.halves_in = halves_light.halves(pixels, person.taken.landmarks, rig)
    person.halves_out = halves_light.halves(person.picture, person.shown.landmarks, rig)
    lit, points = halves_light.known(person.picture, person.shown.landmarks, rig)
    person.known_halves = halves_light.halves(lit, points, rig).azimuth_deg
    person.known_fit = looking.look(lit, points).azimuth_deg


def _left_of(cast: float, master: MasterLayers) -> float:
    """Mired by which the photo's light, made warmer by `cast`, is still warmer than it was before once both
    are balanced. A stop of exposure is taken off, so that nothing clips that did not."""
    mired = []
    for warmer in (0.0, cast):
        found = temperature.Colour(1e6 / (1e6 / temperature.STUDIO_WHITE_K + warmer))
        lamp = np.linalg.inv(temperature.balance(found, temperature.STUDIO_WHITE_K).astype(np.float64))
        lit = np.asarray(np.clip(0.5 * master.foreground @ lamp.T, 0, 1), np.float32)
        mired.append(1e6 / light_of(lit, master.alpha, master.landmarks).temperature_k)
    return cast - (mired[1] - mired[0])


def _unsteady(master: MasterLayers, look: Look) -> float:
    """Stops by which the light's gain changes at its worst place on the face under noise of a millionth."""
    size, plain = (master.alpha.shape[1], master.alpha.shape[0]), Variation()
    noise = 1e-6 * np.random.default_rng(1).standard_normal(master.foreground.shape, np.float32)
    noisy = replace(master, foreground=master.foreground * (1 + noise))
    one, other = (lighting(layers, look, plain)[1] for layers in (master, noisy))
    face = cv2.resize(skin_region(master.landmarks, size[::-1]), one.shape[1::-1]) > 0
    change = np.log2(np.maximum(one, 1e-3)) - np.log2(np.maximum(other, 1e-3))
    return float(np.abs(change)[face].max(initial=0))


def _candidate(image: Array, gate_passed: bool) -> dict[str, Any]:
    """The finished picture embedded anew, and its framing."""
    faces, seen = detect_faces(image), looking.look(image)
    return {
        "gate": gate_passed,
        "embedding": embed(image, faces[0]) if faces else None,
        "framing": None if seen is None else (seen.eye_line, seen.head_height, seen.roll_deg),
    }


def _empty(master: MasterLayers, look: Look) -> tuple[Array, Array]:
    """A preview, and where nobody stands in it: the person is put before black and before white, and what
    equals the bare backdrop both times, three pixels around included, is nobody. No alpha of the pipeline is
    asked; the three pixels are those where a trace of alpha is lost in rounding."""
    size = run.PREVIEW_SIZE
    nobody = np.ones((size[1], size[0]), bool)
    for plain in _PLAIN:
        bare = look.model_copy(update={"backdrop": plain})
        plate = grade.to_8_bit(grade.grade(backdrop.plate(plain, size), bare.grade))
        nobody &= (run.finish(master, bare, size) == plate).all(axis=-1)
    somebody = cv2.dilate((~nobody).astype(np.uint8), np.ones((7, 7), np.uint8))
    return run.finish(master, look, size), somebody == 0


def _bust(pixels: Array, landmarks: Array) -> Array:
    """Head and shoulders of a photo, small, to look at."""
    (x, y), chin = (landmarks[468, :2] + landmarks[473, :2]) / 2, landmarks[152, :2]
    unit = float(np.hypot(chin[0] - x, chin[1] - y))
    x0, x1 = max(0, int(x - 1.3 * unit)), min(pixels.shape[1], int(x + 1.3 * unit))
    y0, y1 = max(0, int(y - 1.6 * unit)), min(pixels.shape[0], int(y + 1.65 * unit))
    part = np.ascontiguousarray(pixels[y0:y1, x0:x1])
    scale = min(1.0, 512 / part.shape[0])
    return cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
