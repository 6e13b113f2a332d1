"""The stages in order, from checked photos to ranked candidates. Reads from top to bottom."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from branding.look import HEAD_HEIGHTS, Grade, Look
from generation.imaging import drawing, gates, gates_generated, judging, moments, settling
from generation.imaging.ahead import Ahead
from generation.imaging.engines.base import DRAWN, Portrait, Posed
from generation.imaging.engines.table import find_engine, find_offer
from generation.imaging.errors import SubjectError
from generation.imaging.finishing import (
    backdrop,
    composite,
    detail,
    final,
    framing,
    grade,
    retouch,
    sample,
)
from generation.imaging.finishing.vary import Variation, variations
from generation.imaging.identity.encoders import Jury
from generation.imaging.matting.layers import cut_out
from generation.imaging.matting.nets import body_points
from generation.imaging.prepare import others, prepared
from generation.imaging.prompt import Visible
from generation.imaging.ranking import order
from generation.imaging.ranking.signature import signature
from generation.imaging.rig import light_of, lighting
from generation.imaging.shooting import MOST_IDLE, OF_THE_PHOTO, Shooting, give_memory_back, rising
from generation.imaging.types import (
    SRGB8,
    Alpha,
    Candidate,
    CheckedPhoto,
    DecodedPhoto,
    Gallery,
    LinearRGB,
    MasterLayers,
    Progress,
    Take,
)

PREVIEW_SIZE: Final = (512, 640)
FINAL_SIZE: Final = (1638, 2048)
# Masters up to so many pixels have two of their pictures made at a time. Of larger ones that takes 1.53 GB:
# the next one is begun once one is made, and made while that is judged and stored.
_BESIDE_PX: Final = 5_000_000


def develop(photo: CheckedPhoto) -> MasterLayers:
    """Stage 5 and the estimate of stage 6: photo to foreground, alpha and the light that was found.

    Raises SubjectError `no_face` when the photo was not accepted far enough to have a face.
    """
    pixels, face = prepared(photo)
    matte = cut_out(pixels, face, others(pixels, face))
    foreground, alpha = matte.foreground, matte.alpha
    light = light_of(foreground, alpha, face.landmarks)
    master = MasterLayers(foreground, alpha, face.landmarks, light, matte.unsure, photo.name, matte.doubt)
    return settling.settled(master, finish)


def finish(
    master: MasterLayers, look: Look, size: tuple[int, int] = PREVIEW_SIZE, variation: Variation | None = None
) -> SRGB8:
    """Stages 6 to 9: light, framing, backdrop, composite, grade, retouch, detail.

    `size` is (width, height). Returns (height, width, 3) uint8 sRGB; where nobody stands, the same
    pixels for every master. Raises SubjectError `head_cut` or `crop_too_tight`.
    """
    foreground, alpha, _ = _framed(master, look, size, variation or Variation())
    return final.final(foreground, alpha, look.backdrop, look.grade)


def _framed(
    master: MasterLayers, look: Look, size: tuple[int, int], vary: Variation
) -> tuple[LinearRGB, Alpha, framing.Frame]:
    """The person as the frame shows them, lit and retouched, the alpha there, and how they were laid out."""
    laid = framing.frame_person(master.alpha, master.landmarks, vary.framing(look.framing), size)
    matrix, gain = lighting(master, look, vary)
    foreground, alpha = sample.sampled(master, matrix, laid)
    foreground = sample.lit(foreground, gain, laid, master.alpha.shape)
    retouch.soften_blemishes(foreground, laid.landmarks, look.retouch, out=foreground)
    detail.sharpen(foreground, alpha, laid.scale, out=foreground)
    return foreground, alpha, laid


def pose(photo: CheckedPhoto, look: Look, size: tuple[int, int], looseness: float) -> Posed:
    """A photo as the studio shows it, for an engine to draw from: lit and before the plate, but not
    graded or retouched, since what comes back goes through all of that. See `engines.base.Posed`.

    Raises SubjectError as `develop` and `finish` do.
    """
    pixels, face = prepared(photo)
    master = develop(photo)
    head = max(HEAD_HEIGHTS[0], look.framing.head_height * looseness)
    plain = look.model_copy(
        update={
            "grade": Grade(exposure_ev=0, contrast=0, saturation=0),
            "retouch": 0.0,
            "framing": look.framing.model_copy(update={"head_height": head}),
        }
    )
    foreground, alpha, laid = _framed(master, plain, size, Variation())
    plate = backdrop.plate(look.backdrop, size)
    picture = grade.to_8_bit(composite.composite(foreground, alpha, plate))
    decoded = DecodedPhoto(pixels, DRAWN, pixels.shape[1], pixels.shape[0])
    return Posed(
        picture=picture,
        plate=grade.to_8_bit(plate),
        alpha=alpha,
        landmarks=laid.landmarks,
        body=body_points(picture),
        photo=replace(photo, decoded=decoded, face=face),
        matte=master.alpha,
    )


def takes(
    gallery: Gallery,
    look: Look,
    *,
    seed: int,
    count: int,
    size: tuple[int, int] = FINAL_SIZE,
    progress: Progress = lambda stage, share: None,
    kept: Sequence[Take] = (),
    refusals: list[SubjectError] | None = None,
    drawn: Sequence[Portrait] | None = None,
) -> Iterator[Candidate]:
    """Up to `count` candidates that pass every gate, each as soon as it is finished; `rank` counts them.
    `order.best_first` ranks their `take`s once all are there.

    The same arguments give the same bytes. Several photos differ by photo; one photo varies crop and light
    within the style's tolerances, which `Candidate.variation` says; what would look like a picture that is
    there already is left out. `kept` are the takes that an interrupted run has stored: they count and are
    not made again; `drawn` are the first round's portraits where they were drawn in company (see
    `drawing.sitter`); `refusals` gets why others are not shown. An engine that draws gets other seeds for
    what failed (`EngineOptions.retries`); where nothing it drew may be shown the person's own photos are,
    and `variation["fallback"]` says `generated_failed`. Raises SubjectError with the code of what stood in
    the way most often when none passes.
    """
    if not gallery.photos:
        raise SubjectError("no_usable_photo")
    draws = find_offer(look.engine).source == "generated"
    shooting = Shooting(count, kept, refusals)
    wearer = gates_generated.Wearer(gallery, look)
    work = _Work(shooting, gallery, Jury(gallery), wearer, look, size, rising(progress), drawn)
    for again in range(1 + look.engine_options.retries if draws else 1):
        told = drawing.nearer(work.progress, again) if draws else work.progress
        yield from _round(replace(work, progress=told), drawing.seed_of(seed, again), again)
        if shooting.full:
            return
    if draws and not shooting.shown:
        yield from _studio_instead(work, seed)
    if not shooting.shown:
        raise shooting.most_common()


def headshots(
    gallery: Gallery,
    look: Look,
    *,
    seed: int,
    count: int,
    size: tuple[int, int] = FINAL_SIZE,
    progress: Progress = lambda stage, share: None,
) -> Iterator[Candidate]:
    """All of `takes`, best first. Needs memory for all of them at once."""
    found = {one.take.key: one for one in takes(gallery, look, seed=seed, count=count, size=size,
                                                progress=progress)}  # fmt: skip
    progress("rank", 1.0)
    for rank, take in enumerate(order.best_first([one.take for one in found.values()]), 1):
        yield replace(found[take.key], rank=rank)


@dataclass(frozen=True, slots=True)
class _Work:
    """What all takes of a shoot share."""

    shooting: Shooting
    gallery: Gallery
    jury: Jury
    wearer: gates_generated.Wearer
    look: Look
    size: tuple[int, int]
    progress: Progress
    drawn: Sequence[Portrait] | None = None


def _round(work: _Work, seed: int, again: int) -> Iterator[Candidate]:
    """One go of the engine over the gallery, photos that show something new first: one that repeats the
    moment of another is developed only where those before it do not fill the set."""
    gallery = drawing.spanning(work.gallery)
    draws = find_offer(work.look.engine).source == "generated"
    seen = work.wearer.visible() if draws else Visible()
    shooting = work.shooting
    room = shooting.room(again)
    expected = room if draws else min(room, moments.new_first(gallery.photos)[1])
    portraits: Iterable[Portrait] | None = work.drawn if draws and again == 0 else None
    if portraits is None:
        sitting = drawing.sitting(seen, work.look, work.size, pose)
        portraits = find_engine(work.look.engine).photograph(
            gallery, work.look, sitting=sitting, seed=seed, count=room, progress=work.progress
        )
    # Nothing is developed ahead of what is drawn.
    with Ahead(lambda photo: develop(photo), () if draws else gallery.photos) as ahead:
        # The plate is wanted as soon as a photo is developed.
        ahead.beside(partial(final.empty, work.look.backdrop, work.size, work.look.grade))
        spare: _Roll | None = None
        for index, portrait in enumerate(portraits):
            left = room - shooting.before(again, index)
            wanted = -(-left // max(1, expected - index))
            following = expected - index - 1 if left > wanted else 0
            # Where the photos before it gave nothing, neither may this one.
            develops = partial(ahead.developed, following=following, doubtful=index > 0 and spare is None)
            roll = _Roll(work, portrait, develops, ahead.beside, seed, (again, index), 1 / expected)
            yield from roll.pictures(wanted)
            spare = spare or (roll if roll.worked else None)
            if shooting.full:
                return
            if draws or len(gallery.photos) > 1:
                roll.release()
        if spare is not None and not draws:
            yield from spare.further()


def _studio_instead(work: _Work, seed: int) -> Iterator[Candidate]:
    """The person's own photos where nothing that was drawn may be shown; `variation` says so.

    Raises SubjectError `generated_failed` when they do not work either.
    """
    why = work.shooting.most_common()
    plain = work.look.model_copy(update={"engine": "studio"})
    told = {"fallback": "generated_failed", "because": why.code}
    for one in _round(replace(work, look=plain), seed, 0):
        yield replace(one, variation={**one.variation, **told})
    if not work.shooting.shown:
        raise SubjectError("generated_failed", because=why.code)


# A master as it was laid out, its picture, and what was measured on that; and who makes it in a free thread.
_Laid = tuple[MasterLayers, SRGB8, gates.Measured]
_Beside = Callable[[Callable[[], _Laid]], Future[_Laid] | None]


class _Roll:
    """The pictures of one portrait: the style itself, then its variations. Developed when first needed."""

    def __init__(
        self,
        work: _Work,
        portrait: Portrait,
        develops: Callable[[CheckedPhoto], MasterLayers],
        beside: _Beside,
        seed: int,
        place: tuple[int, int],
        share: float,
    ) -> None:
        # Whether any of its pictures may be shown.
        self.worked = False
        self._work, self._portrait, self._develops, self._seed = work, portrait, develops, seed
        self._place, self._begun, self._share = place, place[1] * share, share
        self._master: MasterLayers | None = None
        self._step = self._idle = 0
        # The step whose picture is made beside this one's.
        self._beside = beside
        self._following: tuple[int, Future[_Laid] | None] = (0, None)

    def pictures(self, wanted: int) -> Iterator[Candidate]:
        """Those that pass and show something new, until there are `wanted` with the stored ones."""
        got = 0
        while got < wanted and self._idle < MOST_IDLE:
            key, made = self._next(min(0.95, (got + 0.5) / wanted), wanted - got > 1)
            if made is not None:
                yield made
            # Its layers take a hundred megabytes, and the next portrait is developed before it is replaced.
            del made
            got += key in self._work.shooting.shown

    def further(self) -> Iterator[Candidate]:
        """More of them, until the shoot has enough."""
        while not self._work.shooting.full and self._idle < MOST_IDLE:
            _, made = self._next(0.95, self._work.shooting.left > 1)
            if made is not None:
                yield made
            del made

    def release(self) -> None:
        """Give the layers back; they are made again where further pictures are wanted after all."""
        self._master, self._following = None, (0, None)
        give_memory_back()

    def _next(self, share: float, more: bool) -> tuple[str, Candidate | None]:
        """The next picture's key, and the picture where it is a new one; with `more` another one is wanted
        after it."""
        shooting, self._step = self._work.shooting, self._step + 1
        key = shooting.key(*self._place, self._step)
        if key in shooting.shown:
            self.worked, self._idle = True, 0
            return key, None
        try:
            made = self._candidate(key, share, more)
        except SubjectError as error:
            # Without its frames, which would keep the layers.
            shooting.refused.append(error.with_traceback(None))
            hopeless = self._master is None or error.code in OF_THE_PHOTO
            self._idle = MOST_IDLE if hopeless else self._idle + 1
            return key, None
        if made is None:
            self._idle += 1
            return key, None
        shooting.take(made.take)
        self.worked, self._idle = True, 0
        return key, replace(made, rank=len(shooting.shown))

    def _developed(self) -> MasterLayers:
        """The portrait's master; one that was drawn has the skin of the person's photos.

        Raises SubjectError `gate_matte` at once: none of its pictures could be shown.
        """
        master = self._develops(self._portrait.photo)
        judging.require("matte", gates.matte(master), cause=master.doubt)
        if self._portrait.source != "generated":
            return master
        master, moved_ = drawing.matched(master, self._work.wearer.skins, self._work.look)
        self._portrait = replace(self._portrait, how={**self._portrait.how, **moved_})
        return master

    def _candidate(self, key: str, share: float, more: bool) -> Candidate | None:
        started = time.perf_counter()
        if self._master is None:
            self._work.progress("develop", self._begun)
            self._portrait = drawing.looked_at(self._portrait, self._work.look.framing)
            self._master = self._developed()
        self._work.progress("finish", self._begun + self._share * share)
        laid = self._laid(self._master, more)
        made = _candidate(laid, self._portrait, self._work, self._variation(self._step), key)
        return made and replace(made, seconds=time.perf_counter() - started)

    def _variation(self, step: int) -> Variation:
        return variations(step, self._seed)[-1]

    def _laid(self, master: MasterLayers, more: bool) -> _Laid:
        """This step's picture; with `more` the next step's is begun. Raises what `_laid` raises."""
        (step, begun), self._following = self._following, (0, None)
        begun = begun if step == self._step else None
        large = master.alpha.size > _BESIDE_PX
        if more and begun is None and not large:
            self._begin_following(master)
        laid = _laid(master, self._work, self._variation(self._step)) if begun is None else begun.result()
        if more and large:
            self._begin_following(master)
        return laid

    def _begin_following(self, master: MasterLayers) -> None:
        """Make the next step's picture in the other thread, unless it is stored already."""
        step, work = self._step + 1, self._work
        if work.shooting.key(*self._place, step) not in work.shooting.shown:
            # Two at a time need what freed memory the heap still holds.
            give_memory_back()
            self._following = step, self._beside(partial(_laid, master, work, self._variation(step)))


def _laid(master: MasterLayers, work: _Work, variation: Variation) -> _Laid:
    """A variation of a master as its picture. Raises SubjectError where framing refuses it."""

    def make(laid: MasterLayers) -> tuple[SRGB8, gates.Measured]:
        image = finish(laid, work.look, work.size, variation)
        return image, gates.measure(image, laid, work.look)

    return settling.finished(master, variation.framing(work.look.framing), work.size, make)


def _candidate(
    laid: _Laid, portrait: Portrait, work: _Work, variation: Variation, key: str
) -> Candidate | None:
    """One finished picture with its numbers; None where it shows nothing that is not there already.

    Raises SubjectError where a gate refuses it.
    """
    look, size, (master, image, measured) = work.look, work.size, laid
    signed = signature(image, measured.face.landmarks)
    if work.shooting.repeats(signed):
        return None
    wearer = work.wearer if portrait.source == "generated" else None
    judged = judging.judge(image, measured, master, work.gallery, look, work.jury, wearer, portrait.how)
    judged.require()
    scores = {**order.scores(measured, portrait.photo.report.measures), "likeness": judged.likeness}
    return Candidate(
        image=image,
        rank=0,
        source=portrait.source,
        likeness=judged.likeness,
        gates=judged.gates,
        scores={**scores, "total": round(order.total(scores), 4)},
        light=measured.light,
        eye_line=measured.eye_line,
        head_height=measured.head_height,
        roll_deg=measured.roll_deg,
        seconds=0.0,
        master=master,
        variation={**portrait.how, **gates.told(variation, master, look, size), **judged.told},
        measures=judged.measures,
        take=Take(key, portrait.photo.name, variation.plain, scores, signed),
    )
