"""Renditions: an approved headshot in the size and shape that somebody else's directory wants.

The natural key is headshot x preset x style version, so a rendition is made once and found again; one of an
older look is simply never found. Files come first, then the row that names them.
"""

import hashlib
import io
import math
from dataclasses import dataclass

import numpy as np
from django.db import IntegrityError, transaction
from PIL import Image

from branding.look import Look
from branding.presets import PRESETS, Preset
from generation.imaging import deliver, run
from generation.imaging.errors import DecodeError, SubjectError
from generation.imaging.finishing import masters
from generation.imaging.finishing.vary import Variation
from generation.imaging.types import SRGB8, Source
from generation.keys import rendition_key
from generation.models import Candidate, Headshot, Rendition
from portal.lib import storage

# Shapes nearer than this (ratio of width to height) are one shape: 1638 x 2048 is 4:5.
_SAME_SHAPE = 0.005


class UnknownPreset(Exception):
    """There is no preset of this key."""


def rendition(headshot: Headshot, preset_key: str) -> Rendition:
    """The headshot's file in this preset, made when it is not there yet. Idempotent, and safe to call
    from two places at once: both make the same bytes under the same key.

    `headshot` needs `candidate.shoot.style_version` and `company` (fetched when missing). Raises
    UnknownPreset, FileNotFoundError (the picture itself is gone) and EngineError.
    """
    preset = PRESETS.get(preset_key)
    if preset is None:
        raise UnknownPreset(preset_key)
    version = headshot.candidate.shoot.style_version
    key = {"headshot": headshot, "preset": preset.key, "style_version": version}
    found = Rendition.objects.filter(**key).first()
    if found is not None and storage.renditions().exists(found.file):
        return found
    made = _make(headshot.candidate, version.look, preset, headshot.company.name)
    file = rendition_key(headshot, version.pk, f"{preset.key}.{preset.suffix}")
    storage.put(storage.renditions(), file, made.data)
    columns = {
        "file": file,
        "sha256": hashlib.sha256(made.data).hexdigest(),
        "size_bytes": len(made.data),
        "width_px": made.width_px,
        "height_px": made.height_px,
    }
    return _remember(headshot, file, key, columns)


def _remember(headshot: Headshot, file: str, key: dict[str, object], columns: dict[str, object]) -> Rendition:
    try:
        with transaction.atomic():
            row, _ = Rendition.objects.update_or_create(
                **key, defaults=columns, create_defaults={**columns, "company_id": headshot.company_id}
            )
    except IntegrityError:
        # Either another process wrote the same row a moment ago, or the person was erased meanwhile: then
        # nothing of them may stay behind.
        existing = Rendition.objects.filter(**key).first()
        if existing is None:
            storage.renditions().delete(file)
            raise FileNotFoundError(file) from None
        return existing
    return row


def is_smaller(row: Rendition) -> bool:
    """Whether the picture had fewer pixels than the preset asks for; nothing is enlarged."""
    size = PRESETS[row.preset].size if row.preset in PRESETS else None
    return size is not None and (row.width_px, row.height_px) != size


@dataclass(frozen=True, slots=True)
class _Made:
    data: bytes
    width_px: int
    height_px: int


def _make(candidate: Candidate, look: Look, preset: Preset, holder: str) -> _Made:
    packet = deliver.xmp(_source(candidate), holder, candidate.nudge_steps)
    if preset.size is None:
        stored = storage.read(storage.renditions(), candidate.image)
        return _Made(deliver.tag_png(stored, packet), candidate.width_px, candidate.height_px)
    pixels = _reframed(candidate, look, preset) if _other_shape(candidate, preset.size) else None
    if pixels is None:
        pixels = _cropped(candidate, look, preset, preset.size)
    data = deliver.encode(pixels, preset.format, packet, preset.max_bytes)
    return _Made(data, pixels.shape[1], pixels.shape[0])


def _source(candidate: Candidate) -> Source:
    return "generated" if candidate.source == Candidate.Source.GENERATED else "retouched"


def _other_shape(candidate: Candidate, size: tuple[int, int]) -> bool:
    return abs(candidate.width_px / candidate.height_px - size[0] / size[1]) > _SAME_SHAPE


def _reframed(candidate: Candidate, look: Look, preset: Preset) -> SRGB8 | None:
    """The same picture framed for another shape, from its master layers: more room around the head than
    any crop has. None where the photo ends too soon for that, or the master is gone."""
    if preset.size is None or preset.eye_line is None or preset.head_height is None:
        return None
    try:
        master = masters.load_master(storage.read(storage.masters(), candidate.master))
    except (FileNotFoundError, DecodeError):
        return None
    # The scale at which the chosen picture shows the face is the finest there is.
    own = float(candidate.framing.get("head_height") or look.framing.head_height) * candidate.height_px
    share = min(1.0, own / (preset.head_height * preset.size[1]))
    size = (math.floor(preset.size[0] * share), math.floor(preset.size[1] * share))
    framing = look.framing.model_copy(
        update={"eye_line": preset.eye_line, "head_height": preset.head_height, "eye_center": 0.5}
    )
    try:
        reframed = look.model_copy(update={"framing": framing})
        return run.finish(master, reframed, size, Variation.read(candidate.variation, framed=False))
    except SubjectError:
        return None


def _cropped(candidate: Candidate, look: Look, preset: Preset, size: tuple[int, int]) -> SRGB8:
    """The largest part of the stored picture in the preset's shape."""
    with Image.open(io.BytesIO(storage.read(storage.renditions(), candidate.image))) as stored:
        pixels = np.asarray(stored.convert("RGB"), np.uint8)
    whole = (pixels.shape[1], pixels.shape[0])
    framing = Variation.read(candidate.variation).framing(look.framing)
    line = preset.eye_line if preset.eye_line is not None else framing.eye_line
    box = deliver.crop_box(whole, size, (framing.eye_center, framing.eye_line), line)
    fitted, _ = deliver.fit(pixels, box, size)
    return fitted
