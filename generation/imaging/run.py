"""The stages in order, from checked photos to ranked candidates. Reads from top to bottom."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from branding.look import HEAD_HEIGHTS, Grade, Look
from generation.imaging import drawing, gates_generated, moments, settling
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
from generation.imaging.finishing.vary import Variation
from generation.imaging.identity.encoders import Jury
from generation.imaging.matting.layers import cut_out
from generation.imaging.matting.nets import body_points
from generation.imaging.prepare import others, prepared
from generation.imaging.prompt import Visible
from generation.imaging.ranking import order
from generation.imaging.rig import light_of, lighting
from generation.imaging.roll import Roll, Work
from generation.imaging.shooting import Shooting, rising
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
    work = Work(shooting, gallery, Jury(gallery), wearer, look, size, rising(progress), finish, drawn)
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


def _round(work: Work, seed: int, again: int) -> Iterator[Candidate]:
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
        spare: Roll | None = None
        for index, portrait in enumerate(portraits):
            left = room - shooting.before(again, index)
            wanted = -(-left // max(1, expected - index))
            following = expected - index - 1 if left > wanted else 0
            # Where the photos before it gave nothing, neither may this one.
            develops = partial(ahead.developed, following=following, doubtful=index > 0 and spare is None)
            roll = Roll(work, portrait, develops, ahead.beside, seed, (again, index), 1 / expected)
            yield from roll.pictures(wanted)
            spare = spare or (roll if roll.worked else None)
            if shooting.full:
                return
            if draws or len(gallery.photos) > 1:
                roll.release()
        if spare is not None and not draws:
            yield from spare.further()


def _studio_instead(work: Work, seed: int) -> Iterator[Candidate]:
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
