"""Nudge rows ↔ imaging: a small change of a finished picture, rendered from its master layers.

Keys are made of the picture's own and the steps, so a job that runs again writes the same bytes to the same
place.
"""

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from branding.look import Look
from generation import copies, pipeline, transitions
from generation.imaging import nudge as imaging
from generation.imaging import photoset
from generation.imaging.errors import Cancelled, DecodeError, SubjectError
from generation.imaging.finishing import masters
from generation.imaging.finishing.vary import Variation
from generation.imaging.identity import encoders, likeness
from generation.imaging.types import Candidate as Picture
from generation.imaging.types import CheckedPhoto, Gallery, PhotoReport, Progress
from generation.keys import nudge_key
from generation.members import embedding, member
from generation.models import Candidate, Nudge, NudgeStatus, SourcePhoto
from portal.lib import storage
from teams.transitions import TransitionRefused


def steps_of(nudge: Nudge) -> imaging.Nudge:
    """What was asked for."""
    return imaging.Nudge(nudge.brightness, nudge.size, nudge.side)


def room(candidate: Candidate) -> imaging.Room:
    """How far this picture may be nudged."""
    look = candidate.shoot.style_version.look
    return imaging.room(Variation.read(candidate.variation), look.framing, _skin(candidate))


def _skin(candidate: Candidate) -> imaging.Skin | None:
    """None for a picture of an older release, of which that was not measured."""
    lightness, gates = candidate.measures.get("skin_l"), candidate.gates
    if lightness is None or not {"skin_lightness", "skin_ita"} <= gates.keys():
        return None
    drifts = (float(gates[name]["value"]) for name in ("skin_lightness", "skin_ita"))
    return imaging.Skin(float(lightness), *drifts)


def usable_photos(candidate: Candidate) -> list[SourcePhoto]:
    """What a change of the picture can be judged by: the shoot's photos that are still here."""
    photos = candidate.shoot.photos.exclude(status="deleted").exclude(embedding=None)
    return list(photos.exclude(verdict="reject").order_by("created_at", "id"))


def render(nudge: Nudge, progress: Progress) -> Picture:
    """The picture that is asked for, judged like every other.

    Raises SubjectError (`imaging.nudge.render`, or `nudge_no_layers`, `nudge_no_photos`), EngineError, or
    whatever `progress` raises to stop.
    """
    candidate = nudge.candidate
    look = pipeline.look_of(candidate.shoot)
    progress("layers", 0.1)
    try:
        master = masters.load_master(storage.read(storage.masters(), candidate.master))
    except (FileNotFoundError, DecodeError) as error:
        raise SubjectError("nudge_no_layers") from error
    made = imaging.Made(
        master=master,
        variation=candidate.variation,
        source="generated" if candidate.source == Candidate.Source.GENERATED else "retouched",
        framing=candidate.framing,
        drift=float(candidate.gates.get("skin_lightness", {}).get("value", 0.0)),
        scores=candidate.scores,
    )
    gallery = _gallery(candidate, look, progress)
    size = (candidate.width_px, candidate.height_px)
    return imaging.render(made, steps_of(nudge), look, size, gallery, progress)


def _gallery(candidate: Candidate, look: Look, progress: Progress) -> Gallery:
    """What the picture is judged by. The photos themselves are only opened where a judge must see them: for
    what was drawn, and for encoders other than the one whose embeddings are stored."""
    photos = usable_photos(candidate)
    if not photos:
        raise SubjectError("nudge_no_photos")
    stored = all(isinstance(judge, encoders.Dlib) for judge in encoders.judges())
    if stored and candidate.source == Candidate.Source.RETOUCHED:
        return _gallery_of_rows(photos)
    return pipeline.gallery_of(candidate.shoot, look, lambda stage, done: progress(stage, 0.1 + done))


def _gallery_of_rows(photos: list[SourcePhoto]) -> Gallery:
    """As `photocheck.build_gallery`, of what is stored."""
    summary = photoset.summarise([member(photo) for photo in photos])
    left_out = {*summary.outliers, *(name for name, _better in summary.duplicates)}
    kept = [
        CheckedPhoto(str(photo.pk), PhotoReport("accept", (), photo.measures), None, None, embedding(photo))
        for photo in photos
        if str(photo.pk) not in left_out
    ]
    found = [photo.embedding for photo in kept if photo.embedding is not None]
    return Gallery(tuple(kept), likeness.own_distances([np.asarray(one, np.float64) for one in found]))


def store(nudge: Nudge, picture: Picture) -> None:
    """Keep the picture as a candidate of its own beside the one it is a change of, and say that it is ready.

    Files first, then the row that names them. Raises Cancelled when the wish is not this attempt's any more.
    """
    candidate, steps = nudge.candidate, steps_of(nudge).told()
    image, small = (nudge_key(candidate, steps, name) for name in (".png", "-small.jpg"))
    pipeline.store_pictures(picture, image, small)
    columns = pipeline.columns_of(picture) | {"image": image, "small": small, "master": candidate.master}
    try:
        with transaction.atomic():
            earlier = Nudge.objects.select_for_update().filter(pk=nudge.pk).values_list("result", flat=True)
            old = earlier.first()
            result, _new = Candidate.objects.update_or_create(
                nudged_from=candidate,
                nudge_steps=steps,
                defaults=columns,
                create_defaults={
                    **columns,
                    "company_id": candidate.company_id,
                    "shoot": candidate.shoot,
                    "rank": candidate.rank,
                },
            )
            transitions.nudge_done(nudge, result)
    except (IntegrityError, TransitionRefused) as error:
        if _unwanted(nudge, image):
            for name in (image, small):
                storage.renditions().delete(name)
        raise Cancelled("lost_claim") from error
    if old is not None and old != result.pk:
        drop(Candidate.objects.select_related("shoot").get(pk=old))


def _unwanted(nudge: Nudge, image: str) -> bool:
    """Whether the person was erased or took the wish back while we worked: then nothing of it may stay.
    Otherwise another worker makes the same files, or those of another wish."""
    wanted = Nudge.objects.filter(pk=nudge.pk).exclude(status=NudgeStatus.UNDONE).exists()
    return not wanted and not Candidate.objects.filter(image=image).exists()


def drop(candidate: Candidate) -> None:
    """Delete a nudged picture that nobody has chosen; one that somebody has stays."""
    files = copies.every_file(candidate)
    try:
        with transaction.atomic():
            candidate.delete()
    except (ProtectedError, IntegrityError):
        return
    for name in files:
        storage.renditions().delete(name)
