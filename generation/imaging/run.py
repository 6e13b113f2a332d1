"""The stages in order, from checked photos to ranked candidates. Reads from top to bottom."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from branding.look import Framing, Grade, Look
from generation.imaging import drawing, gates
from generation.imaging.engines.base import DRAWN, Portrait, Posed, Sitting
from generation.imaging.engines.table import find_engine, find_offer
from generation.imaging.errors import SubjectError
from generation.imaging.face.detect import detect_faces
from generation.imaging.finishing import backdrop, composite, framing, grade, masters, retouch, skin
from generation.imaging.finishing.vary import Variation, variations
from generation.imaging.landmarks import eye_middle, face_unit, moved
from generation.imaging.lighting import estimate, relight, temperature
from generation.imaging.matting.layers import cut_out
from generation.imaging.prompt import Visible
from generation.imaging.ranking import order
from generation.imaging.types import (
    SRGB8,
    Alpha,
    Candidate,
    CheckedPhoto,
    DecodedPhoto,
    Face,
    Gallery,
    LinearRGB,
    MasterLayers,
    Progress,
)

# What a master keeps around the eyes, in eye-to-chin units (sideways, up, down): every framing that a
# Look allows, except where the photo ends.
_KEEP: Final = (2.6, 2.6, 4.2)
# A master's face is at most this tall, eyes to chin: what the tightest framing shows in a 2048 px picture.
_MOST_UNIT_PX: Final = 700.0
# And at most this many pixels, for time and memory.
_MOST_PX: Final = 7_000_000
# Below this scale a picture is averaged down before sampling, against moire.
_AVERAGE_BELOW: Final = 0.75
# Readings of the framed face; a third changes nothing that can be measured.
_SETTLING: Final = 2
# A finished picture that measures less level than this is laid out once more (bar: 0.7 degrees).
_LEVEL_DEG: Final = 0.35
# The smallest head that a Look may ask for.
_LEAST_HEAD: Final = 0.10
PREVIEW_SIZE: Final = (512, 640)
FINAL_SIZE: Final = (1638, 2048)


def develop(photo: CheckedPhoto) -> MasterLayers:
    """Stage 5 and the estimate of stage 6: photo to foreground, alpha and the light that was found.

    Raises SubjectError `no_face` when the photo was not accepted far enough to have a face.
    """
    pixels, face = _prepared(photo)
    matte = cut_out(pixels, face, _others(pixels, face))
    foreground = masters.settle(matte.foreground)
    small, landmarks = estimate.small_view(foreground, face.landmarks)
    shading = estimate.fit_shading(estimate.skin_samples(small, landmarks))
    kelvin = temperature.estimate_k(foreground, face.landmarks)
    alpha = np.rint(matte.alpha * 65535).astype(np.float32) / np.float32(65535)
    light = estimate.describe(shading, kelvin)
    return MasterLayers(foreground, alpha, face.landmarks, light, matte.unsure, photo.name)


def _prepared(photo: CheckedPhoto) -> tuple[SRGB8, Face]:
    """The photo's pixels and face as a master keeps them."""
    if photo.decoded is None or photo.face is None:
        raise SubjectError("no_face")
    pixels, face = _around_the_person(photo.decoded.pixels, photo.face)
    return pixels, _as_framed(pixels, face)


def _as_framed(pixels: SRGB8, face: Face) -> Face:
    """The face as the mesh reads it in an upright frame of headshot size.

    The mesh reads a tilted or differently cropped face up to a degree differently; whoever measures the
    finished picture sees it upright and framed, so that reading is the one to frame by.
    """
    for _ in range(_SETTLING):
        matrix, scale = framing.place(face.landmarks, Framing(), PREVIEW_SIZE)
        shrink = min(1.0, scale / _AVERAGE_BELOW)
        size = (max(1, round(pixels.shape[1] * shrink)), max(1, round(pixels.shape[0] * shrink)))
        view = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if shrink < 1 else pixels
        warp = np.concatenate([matrix[:, :2] / (size[0] / pixels.shape[1]), matrix[:, 2:]], axis=1)
        upright = cv2.warpAffine(
            view, warp, PREVIEW_SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        found = detect_faces(np.asarray(upright, np.uint8))
        if not found:
            return face
        back = np.linalg.inv(matrix[:, :2])
        points = (found[0].landmarks[:, :2] - matrix[:, 2]) @ back.T
        depth = found[0].landmarks[:, 2:] / scale
        landmarks = np.concatenate([points, depth], axis=1).astype(np.float32)
        face = Face(face.box, landmarks, face.yaw_deg, face.pitch_deg, face.roll_deg, face.score)
    return face


def _others(pixels: SRGB8, face: Face) -> list[Face]:
    """Further faces in the picture: bystanders, whose bodies must go."""
    middle = eye_middle(face.landmarks)
    reach = 0.6 * face_unit(face.landmarks)
    return [one for one in detect_faces(pixels) if np.linalg.norm(eye_middle(one.landmarks) - middle) > reach]


def _around_the_person(pixels: SRGB8, face: Face) -> tuple[SRGB8, Face]:
    """Cut the photo to what a master keeps, and scale it to what a final can use."""
    unit, (x, y) = face_unit(face.landmarks), eye_middle(face.landmarks)
    side, up, down = _KEEP
    x0, x1 = max(0, int(x - side * unit)), min(pixels.shape[1], int(x + side * unit))
    y0, y1 = max(0, int(y - up * unit)), min(pixels.shape[0], int(y + down * unit))
    part = pixels[y0:y1, x0:x1]
    scale = min(1.0, _MOST_UNIT_PX / unit, float(np.sqrt(_MOST_PX / (part.shape[0] * part.shape[1]))))
    landmarks = moved(face.landmarks, 1.0, -x0, -y0)
    if scale < 1.0:
        size = (round(part.shape[1] * scale), round(part.shape[0] * scale))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        landmarks = moved(landmarks, scale)
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return np.ascontiguousarray(part), Face(
        box, landmarks, face.yaw_deg, face.pitch_deg, face.roll_deg, face.score
    )


def finish(
    master: MasterLayers, look: Look, size: tuple[int, int] = PREVIEW_SIZE, variation: Variation | None = None
) -> SRGB8:
    """Stages 6 to 9: light, framing, backdrop, composite, grade, retouch, detail.

    `size` is (width, height). Returns (height, width, 3) uint8 sRGB; where nobody stands, the same
    pixels for every master. Raises SubjectError `head_cut` or `crop_too_tight`.
    """
    picture, _, _ = _before_plate(master, look, size, variation or Variation())
    return grade.to_8_bit(grade.grade(picture, look.grade))


def _before_plate(
    master: MasterLayers, look: Look, size: tuple[int, int], vary: Variation
) -> tuple[LinearRGB, Alpha, framing.Frame]:
    """The composite before the grade, the alpha in it, and how the person was laid out."""
    laid = framing.frame_person(master.alpha, master.landmarks, vary.framing(look.framing), size)
    lit = _lit(master, look, vary)
    foreground, alpha = _sampled(lit, master, laid)
    foreground = retouch.soften_blemishes(foreground, laid.landmarks, look.retouch)
    foreground = retouch.sharpen(foreground, alpha, laid.scale)
    plate = backdrop.plate(look.backdrop, size)
    return composite.composite(foreground, alpha, plate), alpha, laid


def pose(photo: CheckedPhoto, look: Look, size: tuple[int, int], looseness: float) -> Posed:
    """A photo as the studio shows it, for an engine to draw from: lit and before the plate, but not
    graded or retouched, since what comes back goes through all of that. See `engines.base.Posed`.

    Raises SubjectError as `develop` and `finish` do.
    """
    pixels, face = _prepared(photo)
    master = develop(photo)
    head = max(_LEAST_HEAD, look.framing.head_height * looseness)
    plain = look.model_copy(
        update={
            "grade": Grade(exposure_ev=0, contrast=0, saturation=0),
            "retouch": 0.0,
            "framing": look.framing.model_copy(update={"head_height": head}),
        }
    )
    picture, alpha, laid = _before_plate(master, plain, size, Variation())
    decoded = DecodedPhoto(pixels, DRAWN, pixels.shape[1], pixels.shape[0])
    return Posed(
        picture=grade.to_8_bit(picture),
        plate=grade.to_8_bit(backdrop.plate(look.backdrop, size)),
        alpha=alpha,
        landmarks=laid.landmarks,
        photo=replace(photo, decoded=decoded, face=face),
        matte=master.alpha,
    )


def _lit(master: MasterLayers, look: Look, vary: Variation) -> LinearRGB:
    """White balance, rig and the exposure that keeps the skin's own lightness through the grade."""
    rig = vary.light(look.light)
    matrix = temperature.balance(master.light.temperature_k, rig.temperature_k)
    small, landmarks = estimate.small_view(master.foreground, master.landmarks)
    size = (small.shape[1], small.shape[0])
    small_alpha = cv2.resize(master.alpha, size, interpolation=cv2.INTER_AREA)
    balanced = small @ matrix.T
    plan = relight.plan(balanced, small_alpha, landmarks, rig)
    exposure = skin.exposure(balanced, balanced * plan.gain[..., None], landmarks, look.grade)
    full = (master.alpha.shape[1], master.alpha.shape[0])
    gain = cv2.resize(plan.gain * np.float32(exposure), full, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.maximum(master.foreground @ matrix.T, 0) * gain[..., None], np.float32)


def _sampled(lit: LinearRGB, master: MasterLayers, laid: framing.Frame) -> tuple[LinearRGB, NDArray[Any]]:
    """Foreground and alpha at the frame's pixels. Colour is interpolated on a square-root scale, where
    an overshoot beside a bright edge does not show."""
    colour, alpha, map_x, map_y = np.sqrt(lit), master.alpha, laid.map_x, laid.map_y
    if laid.reach.hair:
        # A crown that the photo cut has no hairs of its own at the edge: it gets a soft one.
        soft = max(2, round(0.015 * face_unit(master.landmarks)))
        alpha = alpha.copy()
        alpha[:soft] *= np.linspace(0, 1, soft, dtype=np.float32)[:, None]
    if laid.scale < _AVERAGE_BELOW:
        size = (max(1, round(alpha.shape[1] * laid.scale)), max(1, round(alpha.shape[0] * laid.scale)))
        fx, fy = size[0] / alpha.shape[1], size[1] / alpha.shape[0]
        colour = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        map_x = (map_x + 0.5) * np.float32(fx) - 0.5
        map_y = (map_y + 0.5) * np.float32(fy) - 0.5
    colour = cv2.remap(colour, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(alpha, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=0.0)
    return np.maximum(colour, 0) ** 2, np.clip(alpha, 0, 1).astype(np.float32)


def headshots(
    gallery: Gallery,
    look: Look,
    *,
    seed: int,
    count: int,
    size: tuple[int, int] = FINAL_SIZE,
    progress: Progress = lambda stage, share: None,
) -> Iterator[Candidate]:
    """Up to `count` candidates that pass every gate, best first.

    The same arguments give the same bytes. Several photos differ by photo; one photo varies crop and
    light within the style's tolerances, which `Candidate.variation` says. An engine that draws gets other
    seeds for what failed (`EngineOptions.retries`); where nothing it drew may be shown the person's own
    photos are, and `variation["fallback"]` says `generated_failed`. Raises SubjectError with the code of
    what stood in the way most often when none passes.
    """
    if not gallery.photos:
        raise SubjectError("no_usable_photo")
    draws = find_offer(look.engine).source == "generated"
    found: list[Candidate] = []
    refused: list[SubjectError] = []
    for again in range(1 + look.engine_options.retries if draws else 1):
        told = drawing.nearer(progress, again) if draws else progress
        left, other = count - len(found), drawing.seed_of(seed, again)
        shown, failed = _round(gallery, look, other, left, size, told)
        found, refused = found + shown, refused + failed
        if len(found) >= count:
            break
    if draws and not found:
        found = _studio_instead(gallery, look, seed, count, size, progress, _most_common(refused))
    progress("rank", 1.0)
    if not found:
        raise _most_common(refused)
    yield from order.best_first(found, count)


def _round(
    gallery: Gallery, look: Look, seed: int, count: int, size: tuple[int, int], progress: Progress
) -> tuple[list[Candidate], list[SubjectError]]:
    """One go of the engine: what passes every gate, and why the others did not."""
    sitting = Sitting(Visible(), lambda photo, at, loose: pose(photo, look, at, loose))
    engine = find_engine(look.engine)
    portraits = list(
        engine.photograph(gallery, look, sitting=sitting, seed=seed, count=count, progress=progress)
    )
    per_photo = -(-count // max(1, len(portraits)))
    found: list[Candidate] = []
    refused: list[SubjectError] = []
    for index, portrait in enumerate(portraits):
        progress("develop", index / len(portraits))
        try:
            portrait = drawing.looked_at(portrait, look.framing)
        except SubjectError as error:
            refused.append(error)
            continue
        master = develop(portrait.photo)
        for step, variation in enumerate(variations(per_photo, seed)):
            progress("finish", (index + (step + 1) / (per_photo + 1)) / len(portraits))
            try:
                found.append(_candidate(master, portrait, gallery, look, size, variation))
            except SubjectError as error:
                refused.append(error)
    return found, refused


def _studio_instead(
    gallery: Gallery,
    look: Look,
    seed: int,
    count: int,
    size: tuple[int, int],
    progress: Progress,
    why: SubjectError,
) -> list[Candidate]:
    """The person's own photos where nothing that was drawn may be shown; `variation` says so.

    Raises SubjectError `generated_failed` when they do not work either.
    """
    plain = look.model_copy(update={"engine": "studio"})
    found, _ = _round(gallery, plain, seed, count, size, progress)
    if not found:
        raise SubjectError("generated_failed", because=why.code)
    told = {"fallback": "generated_failed", "because": why.code}
    return [replace(one, variation={**one.variation, **told}) for one in found]


def _candidate(
    master: MasterLayers,
    portrait: Portrait,
    gallery: Gallery,
    look: Look,
    size: tuple[int, int],
    variation: Variation,
) -> Candidate:
    """One finished picture with its numbers. Raises SubjectError where framing or a gate refuses it."""
    started = time.perf_counter()
    image = finish(master, look, size, variation)
    measured = gates.measure(image, master, look)
    if abs(measured.roll_deg) > _LEVEL_DEG:
        master = _levelled(master, measured.roll_deg)
        image = finish(master, look, size, variation)
        measured = gates.measure(image, master, look)
    judged = gates.judge(measured, master, gallery, look)
    failed = next((name for name, gate in judged.items() if not gate.passed), None)
    if failed:
        raise SubjectError(f"gate_{failed}", value=round(judged[failed].value, 3), bound=judged[failed].bound)
    scores = order.scores(measured, portrait.photo.report.measures)
    how = {**portrait.how, **gates.told(variation, master, look, size)}
    return Candidate(
        image=image,
        rank=0,
        source=portrait.source,
        likeness=judged["likeness"].value,
        gates=judged,
        scores={**scores, "likeness": judged["likeness"].value},
        light=measured.light,
        eye_line=measured.eye_line,
        head_height=measured.head_height,
        roll_deg=measured.roll_deg,
        seconds=time.perf_counter() - started,
        master=master,
        variation=how,
        measures=gates.numbers(image, measured),
    )


def _levelled(master: MasterLayers, roll: float) -> MasterLayers:
    """The master with its landmarks turned by the roll (degrees) that its finished picture still showed."""
    angle = np.radians(roll)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = eye_middle(master.landmarks)
    landmarks = master.landmarks.copy()
    landmarks[:, :2] = (landmarks[:, :2] - middle) @ turn.T + middle
    return replace(master, landmarks=landmarks)


def _most_common(refused: list[SubjectError]) -> SubjectError:
    """The error that the person should hear about."""
    codes = [error.code for error in refused]
    most = max(dict.fromkeys(codes), key=codes.count)
    return next(error for error in refused if error.code == most)
