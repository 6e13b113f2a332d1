"""The classic engine: SDXL held by ControlNet-Union, identity and style by IP-Adapters.

Starts from the person before the brand's plate, so that light and backdrop agree; draws at the model's own
size, then enlarges and draws the detail (Podell et al. 2023, arXiv:2307.01952; ControlNet-Union by xinsir).
What it draws is then developed, lit, framed and judged like any photo.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from branding.look import Look
from generation.imaging.engines.base import Outcome, Portrait, Posed, Sitter, Sitting, drawn
from generation.imaging.engines.company import Company, runs
from generation.imaging.engines.conditions import resized
from generation.imaging.engines.runtime import Loaded, configured, libraries, shared
from generation.imaging.engines.sdxl_draw import Artist, Order, artist, blank, compose, orders
from generation.imaging.engines.sdxl_load import Weights, build, installed
from generation.imaging.engines.steps import Steps
from generation.imaging.errors import SubjectError
from generation.imaging.models import shipped
from generation.imaging.models.configured import store
from generation.imaging.types import SRGB8, CheckedPhoto, Gallery, Progress

# Room around the head beyond the style's framing, so that framing again finds shoulders at the edges.
LOOSENESS: Final = 0.9
# Beyond this much of the model's own size it repeats itself.
_MOST_ENLARGED: Final = 2.0
# Photos that pictures are drawn over in turn: more poses to choose from, all of them good.
_MOST_PHOTOS: Final = 3
# The shape that headshots are delivered in.
_PORTRAIT: Final = (4, 5)
# Share of a picture's time that the first pass takes.
_FIRST_PASS: Final = 0.35


class Sdxl:
    """Draws portraits of a person over their own studio pictures."""

    name = "sdxl"
    version = "2"

    def warm_up(self) -> None:
        """Load the pipeline of finals and take it through two steps, which compiles and tunes it.

        Raises EngineError as `photograph` does.
        """
        libraries()
        weights = installed(store(), "final")
        size = fitting(weights, _PORTRAIT)
        # Placed for the second pass, which wants the most.
        largest = round(size[0] * _MOST_ENLARGED), round(size[1] * _MOST_ENLARGED)
        with shared().use(weights.key, build(weights), weights.needs(largest)) as loaded:
            blank(loaded, weights, size)

    def photograph(
        self, gallery: Gallery, look: Look, *, sitting: Sitting, seed: int, count: int, progress: Progress
    ) -> Iterator[Portrait]:
        """`count` portraits, each by its own seed. See `engines.base.Engine`."""
        alone = Company([Sitter(gallery, sitting, seed, count, progress)])
        for _, portrait in _portraits(alone, look):
            yield portrait

    def at_once(self, look: Look) -> int:
        """As many as the operator's batch. See `engines.base.Together`."""
        del look
        return configured().batch

    def photograph_together(self, sitters: Sequence[Sitter], look: Look) -> list[Outcome]:
        """The first pass draws everybody's pictures in the same calls, the second one after the other. See
        `engines.base.Together`."""
        company = Company(sitters)
        return company.outcomes(_portraits(company, look))


@dataclass(frozen=True, slots=True)
class _Sizes:
    """(width, height) of the first and of the second pass; the same where there is none."""

    base: tuple[int, int]
    full: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One picture of one of the company."""

    at: int
    # The photo at the second pass's size.
    posed: Posed
    order: Order


def _portraits(company: Company, look: Look) -> Iterator[tuple[int, Portrait]]:
    """Everybody's portraits, each with whose it is; one person's in the order of their seeds."""
    libraries()
    weights = installed(store(), look.engine_options.quality)
    # The sizes of finished pictures are the portal's, not a person's.
    wanted = company.sitters[0].sitting.size
    base = fitting(weights, wanted)
    sizes = _Sizes(base, enlarged(weights, base, wanted) if refines(weights, look) else base)
    posed = _posed(company, sizes.full)
    with shared().use(weights.key, build(weights), weights.needs(sizes.full)) as loaded:
        told = Told(company.progress, company.count)
        work = []
        for at, photo, seeds in posed:
            sitter = company.sitters[at]
            style = sitter.sitting.style or (photo.picture,)
            one = artist(loaded, weights, look, sitter.gallery, sitter.sitting, style, told.steps)
            small = resized(photo, sizes.base)
            work += [_Wanted(at, photo, order) for order in orders(one, small, seeds)]
        for ready, picture in _drawn(company, loaded, work, sizes, told):
            number = ready.order.seed
            made = how(ready.order.artist, ready.posed, number)
            yield ready.at, Portrait(drawn(picture, f"drawn-{number}"), "generated", made)


def _posed(company: Company, size: tuple[int, int]) -> list[tuple[int, Posed, list[int]]]:
    """Whose, which photo, and the seeds that are drawn over it. Raises the last one's SubjectError when
    nobody has a photo that can be framed."""
    found = []
    for at, sitter in company.present():
        company.progress("choose", 0.0)
        try:
            seeds = seeds_of(sitter.seed, sitter.count)
            photos = list(_by_photo(sitter.gallery, sitter.sitting, size, seeds))
        except SubjectError as error:
            company.leave(at, error)
        else:
            found += [(at, photo, over) for photo, over in photos]
    return found


def seeds_of(seed: int, count: int) -> list[int]:
    """One seed per picture, the same for the same arguments; the n-th does not depend on `count`."""
    return [int(np.random.SeedSequence([seed, at]).generate_state(1)[0]) for at in range(count)]


def fitting(weights: Weights, shape: tuple[int, int]) -> tuple[int, int]:
    """The size (width, height) with the model's own number of pixels and about this shape."""
    ratio = (shape[0] / shape[1]) ** 0.5
    return _grained(weights, weights.native_px * ratio), _grained(weights, weights.native_px / ratio)


def refines(weights: Weights, look: Look) -> bool:
    """Whether there is a second pass."""
    return not weights.few_kind and look.engine_options.refine > 0


def enlarged(weights: Weights, base: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    """The size of the second pass: large enough for a final of `wanted` pixels with room around it."""
    factor = min(_MOST_ENLARGED, max(1.0, max(wanted) / LOOSENESS / max(base)))
    return _grained(weights, base[0] * factor), _grained(weights, base[1] * factor)


def _grained(weights: Weights, side: float) -> int:
    grain = weights.grain_px
    return max(grain, round(side / grain) * grain)


def _by_photo(
    gallery: Gallery, sitting: Sitting, size: tuple[int, int], seeds: Sequence[int]
) -> Iterator[tuple[Posed, list[int]]]:
    """The best photos that can be framed, each with the seeds that are drawn over it."""
    posed, refused = poses(gallery.photos, sitting, size, min(_MOST_PHOTOS, len(seeds)))
    if not posed:
        raise refused[0]
    for at, one in enumerate(posed):
        yield one, list(seeds[at :: len(posed)])


def poses(
    photos: Sequence[CheckedPhoto], sitting: Sitting, size: tuple[int, int], most: int
) -> tuple[list[Posed], list[SubjectError]]:
    """The first `most` photos that can be framed, and why others cannot."""
    found: list[Posed] = []
    refused: list[SubjectError] = []
    for photo in photos:
        if len(found) == most:
            break
        try:
            found.append(sitting.pose(photo, size, LOOSENESS))
        except SubjectError as error:
            refused.append(error)
    return found, refused


def _drawn(
    company: Company, loaded: Loaded, work: Sequence[_Wanted], sizes: _Sizes, told: "Told"
) -> Iterator[tuple[_Wanted, SRGB8]]:
    """What was wanted and its picture, in that order; nothing of those who have left."""

    def first(part: Sequence[_Wanted]) -> list[SRGB8 | None]:
        there = [not company.gone(one.at) for one in part]
        asked = [one.order for one, is_there in zip(part, there, strict=True) if is_there]
        made = iter(compose(asked) if asked else ())
        return [next(made) if is_there else None for is_there in there]

    begin = told.part(first, _FIRST_PASS if sizes.full != sizes.base else 1.0)
    for alike in runs(work, lambda one: one.order.kind):
        for one, picture in loaded.batches(alike, loaded.at_once, begin, f"draw {sizes.base}"):
            if picture is None or company.gone(one.at):
                continue
            yield one, _refined(one, picture, sizes, told)


def _refined(one: _Wanted, picture: SRGB8, sizes: _Sizes, told: "Told") -> SRGB8:
    """The picture with the detail of the second pass, where there is one."""
    if sizes.full == sizes.base:
        return picture
    large = np.asarray(cv2.resize(picture, sizes.full, interpolation=cv2.INTER_LANCZOS4), np.uint8)
    artist_, posed = one.order.artist, one.posed
    again = told.part(lambda part: [artist_.refine(large, posed, part[0])], 1 - _FIRST_PASS)
    ((_, refined),) = artist_.loaded.batches([one.order.seed], 1, again, f"refine {sizes.full}")
    return np.asarray(refined, np.uint8)


class Told:
    """Progress of all pictures together: which share of the whole every call is."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress, self._count = progress, max(1, count)
        self._done, self._next = 0.0, 0.0

    def part(self, work: Any, share: float) -> Any:
        """`work` on a part of the pictures, which is this share of those pictures' whole."""

        def done(part: Sequence[int]) -> Any:
            self._next = min(1.0, self._done + share * len(part) / self._count)
            made = work(part)
            self._done = self._next
            return made

        return done

    def steps(self, count: int, stage: str) -> Steps:
        """The steps of the call that comes now."""
        return Steps(self._progress, count, stage, self._done, self._next)


def conditioned_by(weights: Weights) -> list[str]:
    """The encoders that steer a picture, by their names in the model table: they may not judge it."""
    return [shipped.IP_ADAPTER_ENCODER, *([shipped.BUFFALO_L] if weights.faceid else [])]


def how(one: Artist, posed: Posed, number: int) -> dict[str, str | int | float]:
    """Everything that decided a picture, to tell and to repeat it."""
    options, weights = one.options, one.weights
    told: dict[str, str | int | float] = {
        "photo": posed.photo.name,
        "seed": number,
        "steps": one.steps,
        "guidance": one.guidance,
        "sampler": weights.few_kind or options.sampler,
        "strength": options.strength,
        "refine": 0.0 if weights.few_kind else options.refine,
        "pose": options.control.pose,
        "depth": options.control.depth,
        "canny": options.control.canny,
        "identity": options.identity,
        "style": options.style,
        "conditioned_by": " ".join(conditioned_by(weights)),
        "identity_models": " ".join(name for name in (shipped.IP_ADAPTER_FACE, weights.faceid_name) if name),
        "prompt": one.prompt.positive,
        "negative_prompt": one.prompt.negative,
    }
    if one.depth and options.control.depth:
        told["depth_model"] = shipped.DEPTH
    if weights.left_out:
        told["models_left_out"] = "; ".join(f"{name}: {code}" for name, code in weights.left_out)
    if one.prompt.left_out:
        told["prompt_left_out"] = "; ".join(one.prompt.left_out)
    return told
