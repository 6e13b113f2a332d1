"""The pictures of one portrait of a shoot, each as soon as it is finished, and what all of a shoot share."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from branding.look import Look
from generation.imaging import drawing, gates, gates_generated, judging, settling
from generation.imaging.engines.base import Portrait
from generation.imaging.errors import SubjectError
from generation.imaging.finishing.vary import Variation, variations
from generation.imaging.identity.encoders import Jury
from generation.imaging.ranking import order
from generation.imaging.ranking.signature import signature
from generation.imaging.shooting import MOST_IDLE, OF_THE_PHOTO, Shooting, give_memory_back
from generation.imaging.types import SRGB8, Candidate, CheckedPhoto, Gallery, MasterLayers, Progress, Take

# Masters up to so many pixels have two of their pictures made at a time. Of larger ones that takes 1.53 GB:
# the next one is begun once one is made, and made while that is judged and stored.
_BESIDE_PX: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Work:
    """What all takes of a shoot share."""

    shooting: Shooting
    gallery: Gallery
    jury: Jury
    wearer: gates_generated.Wearer
    look: Look
    size: tuple[int, int]
    progress: Progress
    # `run.finish`.
    finish: Callable[[MasterLayers, Look, tuple[int, int], Variation], SRGB8]
    drawn: Sequence[Portrait] | None = None


# A master as it was laid out, its picture, and what was measured on that; and who makes it in a free thread.
_Laid = tuple[MasterLayers, SRGB8, gates.Measured]
_Beside = Callable[[Callable[[], _Laid]], Future[_Laid] | None]


class Roll:
    """The pictures of one portrait: the style itself, then its variations. Developed when first needed."""

    def __init__(
        self,
        work: Work,
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


def _laid(master: MasterLayers, work: Work, variation: Variation) -> _Laid:
    """A variation of a master as its picture. Raises SubjectError where framing refuses it."""

    def make(laid: MasterLayers) -> tuple[SRGB8, gates.Measured]:
        image = work.finish(laid, work.look, work.size, variation)
        return image, gates.measure(image, laid, work.look)

    return settling.finished(master, variation.framing(work.look.framing), work.size, make)


def _candidate(
    laid: _Laid, portrait: Portrait, work: Work, variation: Variation, key: str
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
