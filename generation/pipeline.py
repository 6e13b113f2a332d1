"""Rows and storage ↔ imaging: the only module of the web side that calls the imaging pipeline.

Keys of files are derived from ids (`generation.keys`), so a step that runs again writes the same bytes to the
same place.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Max, Q

from branding.look import Framing, Look
from branding.models import StyleVersion
from generation.imaging import decode, drawing, photocheck, run, samples
from generation.imaging.engines import sdxl_load
from generation.imaging.engines.base import Portrait, Sitter, Together
from generation.imaging.engines.table import ENGINES, find_engine
from generation.imaging.errors import Cancelled, EngineError, SubjectError
from generation.imaging.finishing import encode, masters, upscale
from generation.imaging.identity import encoders
from generation.imaging.matting import models as matting_models
from generation.imaging.models import words
from generation.imaging.models.configured import store
from generation.imaging.ranking import order
from generation.imaging.types import Candidate as Picture
from generation.imaging.types import CheckedPhoto, Gallery, Progress, Reason, Take
from generation.keys import photo_key, shoot_key
from generation.models import FACE_THUMBNAIL, Candidate, Shoot, SourcePhoto
from portal.lib import storage
from teams import tenancy

log = structlog.get_logger("generation.pipeline")

# Long side of the copies that pages show; a phone at 3× needs no more.
THUMBNAIL_PX = 480
SMALL_PX = 960


def check(photo: SourcePhoto, framing: Framing) -> dict[str, Any]:
    """Run the photo check on a stored original; store its upright copy and thumbnail.

    Returns the columns for `transitions.photo_checked`. Raises FileNotFoundError when the original is
    gone.
    """
    data = storage.read(storage.originals(), photo.original)
    checked = photocheck.check_photo(data, photo.original_name, framing)
    findings: dict[str, Any] = {
        "verdict": checked.report.verdict,
        "reasons": [reason_json(reason) for reason in checked.report.reasons],
        "measures": dict(checked.report.measures),
        "embedding": None if checked.embedding is None else [float(v) for v in checked.embedding],
    }
    thumbnail = photocheck.face_thumbnail(checked)
    if thumbnail is not None:
        # 256 grey values: what tells a burst from two moments when the set is judged later.
        findings["measures"][FACE_THUMBNAIL] = (thumbnail * 255).round().astype("uint8").tobytes().hex()
    if checked.decoded is not None:
        findings |= _store_copies(photo, checked)
    return findings


def _store_copies(photo: SourcePhoto, checked: CheckedPhoto) -> dict[str, Any]:
    assert checked.decoded is not None
    pixels = checked.decoded.pixels
    normalized, thumbnail = photo_key(photo, "upright.jpg"), photo_key(photo, "thumbnail.jpg")
    storage.put(storage.originals(), normalized, decode.encode_jpeg(pixels, 95))
    small = encode.resize_to_fit(pixels, THUMBNAIL_PX)
    storage.put(storage.originals(), thumbnail, decode.encode_jpeg(small, 82))
    return {
        "normalized": normalized,
        "thumbnail": thumbnail,
        "width_px": checked.decoded.original_width_px,
        "height_px": checked.decoded.original_height_px,
    }


def reason_json(reason: Reason) -> dict[str, Any]:
    """A reason as it is stored with a photo or a shoot."""
    return {"code": reason.code, "message": reason.message, "data": reason.data}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A person's gallery, and what was drawn of them together with others."""

    gallery: Gallery
    portraits: tuple[Portrait, ...]


def photograph(shoot: Shoot, size: tuple[int, int], progress: Progress, drawn: Drawn | None = None) -> None:
    """Make the candidates of a claimed shoot, each stored as soon as it is finished, and rank them.

    Those that an interrupted attempt stored are counted and not made again; `drawn` is what `draw_together`
    made of this person. Raises SubjectError (the photos cannot work), EngineError, or whatever `progress`
    raises to stop.
    """
    look = look_of(shoot)
    gallery = drawn.gallery if drawn else gallery_of(shoot, look, progress)
    begin = reached = _DRAWN_SHARE if drawn else _LOADING_SHARE

    def later(stage: str, done: float) -> None:
        nonlocal reached
        reached = begin + (1 - begin) * done
        progress(stage, reached)

    kept = [take for take in map(_take, shoot.candidates.all()) if take is not None]
    pictures = run.takes(
        gallery, look, seed=shoot.seed, count=shoot.count, size=size, progress=later, kept=kept,
        drawn=drawn.portraits if drawn else None,
    )  # fmt: skip
    for picture in pictures:
        _store(shoot, picture)
        # Its layers would stay in memory while the next photo is developed.
        del picture
        progress("storing", reached)
    progress("rank", 0.99)
    _rank(shoot)


def people_at_once(shoot: Shoot) -> int:
    """How many people of this shoot's style its engine draws in the same calls; 1 where it draws one only."""
    look = look_of(shoot)
    if ENGINES[look.engine].queue != "gpu":
        return 1
    try:
        engine = find_engine(look.engine)
    except EngineError:
        # The shoot itself will say so.
        return 1
    return max(1, engine.at_once(look) // shoot.count) if isinstance(engine, Together) else 1


def draw_together(people: Sequence[tuple[Shoot, Progress]], size: tuple[int, int]) -> list[Drawn | Exception]:
    """Let the engine draw claimed shoots of one style in the same calls; `photograph` finishes each.

    In the order of `people`: what was drawn, or what stands in the way of this person (or of all of them).
    """
    found: dict[int, Drawn | Exception] = {}
    sitters: dict[int, Sitter] = {}
    for at, (shoot, progress) in enumerate(people):
        try:
            sitters[at] = _sitter(shoot, size, progress)
        except Exception as error:
            found[at] = error
    if sitters:
        look = look_of(people[0][0])
        try:
            engine = find_engine(look.engine)
            assert isinstance(engine, Together)
            outcomes: Sequence[Any] = engine.photograph_together(list(sitters.values()), look)
        except Exception as error:
            outcomes = [error] * len(sitters)
        for (at, sitter), made in zip(sitters.items(), outcomes, strict=True):
            found[at] = made if isinstance(made, Exception) else Drawn(sitter.gallery, made)
    return [found[at] for at in range(len(people))]


def _sitter(shoot: Shoot, size: tuple[int, int], progress: Progress) -> Sitter:
    look = look_of(shoot)
    gallery = gallery_of(shoot, look, progress)

    def told(stage: str, done: float) -> None:
        progress(stage, _LOADING_SHARE + (_DRAWN_SHARE - _LOADING_SHARE) * done)

    return drawing.sitter(
        gallery, look, run.pose, seed=shoot.seed, count=shoot.count, size=size, progress=told
    )


def gallery_of(shoot: Shoot, look: Look, progress: Progress) -> Gallery:
    """The photos of a shoot, checked again. Raises SubjectError `no_usable_photo`."""
    return photocheck.build_gallery(_load_photos(shoot, look, progress))


def _take(candidate: Candidate) -> Take | None:
    """What ranking knows of a stored picture; None for one of an older release."""
    stored = candidate.variation.get("take")
    if not isinstance(stored, dict):
        return None
    return Take(**stored, scores=candidate.scores)


def _rank(shoot: Shoot) -> None:
    """Number the pictures best first. They arrived in the order in which they were made."""
    rows = list(shoot.candidates.all())
    takes = {row.pk: _take(row) for row in rows}
    ranked = [take.key for take in order.best_first([take for take in takes.values() if take is not None])]
    place = {key: number for number, key in enumerate(ranked)}

    def rank(row: Candidate) -> tuple[int, int]:
        take = takes[row.pk]
        return (len(place) if take is None else place[take.key], row.rank)

    with transaction.atomic():
        # Ranks are unique at every moment: first out of the way, then to their places.
        shoot.candidates.update(rank=F("rank") + _OUT_OF_THE_WAY)
        for number, row in enumerate(sorted(rows, key=rank), 1):
            Candidate.objects.filter(pk=row.pk).update(rank=number)


def look_of(shoot: Shoot) -> Look:
    """The style's look, with the engine that photographs this person."""
    return shoot.style_version.look.model_copy(update={"engine": shoot.engine})


# Share of the progress bar for reading and checking the photos again.
_LOADING_SHARE = 0.15
# The same when everything has been drawn, where several people are drawn together before any is finished.
_DRAWN_SHARE = 0.6
# More than any rank: a shoot has at most a hundred pictures.
_OUT_OF_THE_WAY = 1000


def _load_photos(shoot: Shoot, look: Look, progress: Progress) -> list[CheckedPhoto]:
    photos = list(shoot.photos.exclude(status="deleted").order_by("created_at", "id"))
    checked = []
    for index, photo in enumerate(photos):
        progress("reading", _LOADING_SHARE * index / len(photos))
        data = storage.read(storage.originals(), photo.original)
        result = photocheck.check_photo(data, str(photo.pk), look.framing)
        if result.report.verdict != "reject":
            checked.append(result)
    if not checked:
        raise SubjectError("no_usable_photo")
    return checked


def _store(shoot: Shoot, picture: Picture) -> None:
    """Files first, then the row that names them: a row never points at nothing."""
    stem = picture.take.key
    image, small = shoot_key(shoot, f"{stem}.png"), shoot_key(shoot, f"{stem}-small.jpg")
    master = shoot_key(shoot, f"{stem}.master")
    store_pictures(picture, image, small)
    storage.put(storage.masters(), master, masters.save_master(picture.master))
    columns = columns_of(picture) | {"image": image, "small": small, "master": master}
    with transaction.atomic():
        mine = Shoot.objects.select_for_update().filter(pk=shoot.pk)
        current = mine.values_list("attempt", flat=True).first()
        if current == shoot.attempt:
            last = shoot.candidates.aggregate(last=Max("rank"))["last"] or 0
            shoot.candidates.create(company_id=shoot.company_id, rank=last + 1, **columns)
            return
    if current is None:
        # The person was erased while we worked: nothing of them may stay behind.
        for name in (image, small):
            storage.renditions().delete(name)
        storage.masters().delete(master)
        raise Cancelled("shoot_gone")
    # Another worker took over; it makes the same files.
    raise Cancelled("lost_claim")


def store_pictures(picture: Picture, image: str, small: str) -> None:
    """Write a finished picture and its small copy under these keys, in renditions."""
    storage.put(storage.renditions(), image, encode.png(picture.image))
    small_pixels = encode.resize_to_fit(picture.image, SMALL_PX)
    storage.put(storage.renditions(), small, decode.encode_jpeg(small_pixels, 88))


def columns_of(picture: Picture) -> dict[str, Any]:
    """What was measured on a picture, as columns of its row."""
    height, width = picture.image.shape[:2]
    return {
        "source": picture.source,
        "width_px": width,
        "height_px": height,
        "likeness": picture.likeness,
        "gates": {name: dataclasses.asdict(gate) for name, gate in picture.gates.items()},
        "scores": picture.scores,
        "light": dataclasses.asdict(picture.light),
        "framing": {
            "eye_line": picture.eye_line,
            "head_height": picture.head_height,
            "roll_deg": picture.roll_deg,
        },
        "variation": {**picture.variation, "take": _told(picture.take)},
        "measures": picture.measures,
        "seconds": picture.seconds,
    }


def _told(take: Take) -> dict[str, Any]:
    """A take as JSON, without its scores: those have a column."""
    return {"key": take.key, "photo": take.photo, "plain": take.plain, "signature": take.signature}


def warm_up() -> None:
    """Load the face and identity models (about two seconds), so that a worker's first photo does not wait.

    Raises EngineError when one of the models that the settings name cannot be used.
    """
    portrait = next(iter(samples.portrait_files().values()))
    seen = photocheck.check_photo(portrait, "warm-up", Framing())
    for judge in encoders.judges():
        if seen.decoded is not None and seen.face is not None:
            judge.embed(seen.decoded.pixels, seen.face)
    # Loaded now, so that a wrong choice is heard of at the start and not by everybody's shoot.
    matting_models.chosen()
    upscale.chosen()


def say_left_out() -> None:
    """Warn the operator of installed models that pictures are drawn without, and say what would change it."""
    for name, code in sdxl_load.left_out(store()):
        entry = store().entry(name)
        error = EngineError(code, model=name, licence=entry.licence)
        log.warning("model left out", model=name, code=code, why=words.said(error))


def warm_up_engines() -> None:
    """Load the models of the engines that styles in use name, so that the first shoot of a graphics card does
    not wait for them. An engine that cannot be loaded says why when it is asked for a shoot."""
    with tenancy.system_scope():
        used = Q(style__is_default=True) | Q(style__departments__isnull=False)
        newest = StyleVersion.objects.filter(used).order_by("style_id", "-number").distinct("style_id")
        wanted = {str(data.get("engine", "")) for data in newest.values_list("data", flat=True)}
    for offer in ENGINES.values():
        if offer.queue != "gpu" or offer.name not in wanted:
            continue
        try:
            load = getattr(find_engine(offer.name), "warm_up", None)
            if load is not None:
                load()
        except EngineError as error:
            log.warning("engine not ready", engine=offer.name, code=error.code, **error.data)
