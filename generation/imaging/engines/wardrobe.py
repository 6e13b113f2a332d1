"""Other clothes under the person's own head: SDXL draws inside a mask, everything else stays the photo's.

Face, hair and neck are not touched by a bit, so the likeness is that of the photo. What comes back is
developed, lit, framed and judged like any photo.
"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from branding.look import Look
from generation.imaging.engines.base import Portrait, Posed, Sitting, drawn
from generation.imaging.engines.clothes import clothes_mask, put_under
from generation.imaging.engines.conditions import in_the_photo, resized
from generation.imaging.engines.runtime import libraries, shared
from generation.imaging.engines.sdxl import Sdxl, Told, enlarged, fitting, how, poses, refines, seeds_of
from generation.imaging.engines.sdxl_draw import Artist, artist
from generation.imaging.engines.sdxl_load import Weights, build, installed
from generation.imaging.models.configured import store
from generation.imaging.types import SRGB8, Alpha, Gallery, Progress

_MOST_PHOTOS: Final = 3
_FIRST_PASS: Final = 0.35
# The size in which photos are posed to learn whether they can be framed; its picture is not used.
_POSED: Final = (512, 640)


class Wardrobe:
    """Draws clothes and shoulders around the untouched head.

    Candidates of one photo are drawn together; several people are not (it is no `engines.base.Together`):
    masks and pictures have the sizes of their photos, and a call has one size.
    """

    name = "wardrobe"
    version = "2"

    def warm_up(self) -> None:
        """The same weights as SDXL's, and so the same pipeline. Raises EngineError."""
        Sdxl().warm_up()

    def photograph(
        self, gallery: Gallery, look: Look, *, sitting: Sitting, seed: int, count: int, progress: Progress
    ) -> Iterator[Portrait]:
        """`count` portraits, each by its own seed, over the best photos in turn."""
        libraries()
        weights = installed(store(), look.engine_options.quality)
        seeds = seeds_of(seed, count)
        found, refused = poses(gallery.photos, sitting, _POSED, min(_MOST_PHOTOS, count))
        if not found:
            raise refused[0]
        rooms = [_Room(weights, look, posed, sitting.size) for posed in found]
        largest = max((room.full for room in rooms), key=lambda size: size[0] * size[1])
        with shared().use(weights.key, build(weights), weights.needs(largest)) as loaded:
            told = Told(progress, count)
            for at, room in enumerate(rooms):
                style = sitting.style or (room.posed.picture,)
                one = artist(loaded, weights, look, gallery, sitting, style, told.steps)
                for number, picture in room.drawn(one, seeds[at :: len(rooms)], told):
                    made = how(one, room.posed, number) | {"strength": room.strength, "kept": "head"}
                    yield Portrait(drawn(picture, f"drawn-{number}"), "generated", made)


class _Room:
    """One photo, where in it is drawn, and at which sizes."""

    def __init__(self, weights: Weights, look: Look, posed: Posed, wanted: tuple[int, int]) -> None:
        assert posed.photo.decoded is not None
        self.posed, self.placed = posed, in_the_photo(posed)
        self.mask = clothes_mask(posed)
        self._pixels = posed.photo.decoded.pixels
        shape = (self._pixels.shape[1], self._pixels.shape[0])
        self.base = fitting(weights, shape)
        self.full = enlarged(weights, self.base, wanted) if refines(weights, look) else self.base
        # A strength that leaves a face its likeness would leave a pullover a pullover.
        self.strength = round(1 - (1 - look.engine_options.strength) ** 2, 4)

    def drawn(self, one: Artist, seeds: list[int], told: Told) -> Iterator[tuple[int, SRGB8]]:
        """Seed and the photo with other clothes, in the order of the seeds."""
        small, mask = resized(self.placed, self.base), _sized(self.mask, self.base)
        held = one.held(small, one.options.control)
        share = _FIRST_PASS if self.full != self.base else 1.0
        first = told.part(lambda part: one.fill(small.picture, _open(mask), held, part, self.strength), share)
        for number, picture in one.loaded.batches(seeds, one.loaded.at_once, first, f"fill {self.base}"):
            if self.full != self.base:
                picture = self._detailed(one, picture, number, told)
            shape = (self._pixels.shape[1], self._pixels.shape[0])
            whole = np.asarray(cv2.resize(picture, shape, interpolation=cv2.INTER_LANCZOS4), np.uint8)
            yield number, put_under(self.posed, whole, self.mask)

    def _detailed(self, one: Artist, picture: SRGB8, number: int, told: Told) -> SRGB8:
        """The clothes again at full size, before the photo's own pixels."""
        large = resized(self.placed, self.full)
        mask = _sized(self.mask, self.full)
        grown = cv2.resize(picture, self.full, interpolation=cv2.INTER_LANCZOS4)
        before = np.where(mask[..., None] > 0, grown, large.picture).astype(np.uint8)
        again = told.part(
            lambda part: one.fill(before, _open(mask), [], part, one.options.refine), 1 - _FIRST_PASS
        )
        ((_, detailed),) = one.loaded.batches([number], 1, again, f"refill {self.full}")
        return np.asarray(detailed, np.uint8)


def _sized(mask: Alpha, size: tuple[int, int]) -> Alpha:
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)


def _open(mask: Alpha) -> Alpha:
    """All that is to be blended must be drawn: the pipeline draws where its mask is more than half."""
    return (mask > 0.02).astype(np.float32)
