"""Photos arriving: in pieces that can break off and go on, or as one form upload; and their removal.

The row `Upload` says how far an upload has come; its pieces lie in the originals storage, so any web process
on any machine can take the next one. The finished original is stored byte for byte.
"""

import hashlib
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any, Final

import structlog
from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from generation import keys, transitions, turns
from generation.imaging import decode
from generation.imaging.errors import DecodeError
from generation.models import PhotoStatus, SourcePhoto, Upload
from portal.lib import storage
from portal.lib.jobs import enqueue
from teams import audit
from teams.actor import Actor
from teams.models import Employee

log = structlog.get_logger("generation.uploads")

# Enough of a file to know its kind: signatures and ISO brands end well before.
SNIFF_BYTES: Final = 4096
# A piece that breaks off is sent again whole, so it is small; a browser may send smaller ones.
MAX_PIECE_BYTES: Final = 4 * 1024 * 1024
# People come back on another day, not in another month.
ABANDONED_AFTER: Final = timedelta(days=14)
_COPY_BYTES: Final = 1024 * 1024


class UploadRefused(Exception):
    """This file is not taken; `code` and `data` make the sentence (`generation.sentences`)."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


class OffsetMismatch(Exception):
    """The piece does not continue where the upload stands; `offset` says where it does."""

    def __init__(self, offset: int) -> None:
        super().__init__(str(offset))
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Arrived:
    """A complete photo; `duplicate` when these very bytes had been sent before."""

    photo: SourcePhoto
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an upload stands: bytes received, or the photo it has become."""

    offset: int
    photo: SourcePhoto | None = None


def max_bytes() -> int:
    """The largest file that is taken: what the operator allows, and what the decoder would open."""
    return min(int(settings.MAX_UPLOAD_BYTES), decode.MAX_BYTES)


def standing(employee: Employee, key: uuid.UUID) -> Progress:
    """How far the upload with this key has come; an unknown one stands at its beginning."""
    photo = SourcePhoto.objects.filter(employee=employee, upload_key=key).first()
    if photo is not None and photo.status != PhotoStatus.DELETED:
        return Progress(photo.size_bytes, photo)
    received = Upload.objects.filter(employee=employee, key=key).values_list("received_bytes", flat=True)
    return Progress(received.first() or 0)


def receive_piece(
    employee: Employee, by: Actor, key: uuid.UUID, name: str, size: int, offset: int, piece: bytes
) -> Progress | Arrived:
    """Take the piece of the file that starts at `offset`; the last one makes the photo.

    Raises UploadRefused (the whole file will not be taken) or OffsetMismatch (go on from there).
    """
    now_at = standing(employee, key)
    if now_at.photo is not None:
        return Arrived(now_at.photo, duplicate=False)
    _refuse_size(size)
    if offset == 0:
        _refuse_kind(piece[:SNIFF_BYTES])
        _refuse_beyond_limit(employee)
    if offset != now_at.offset or offset + len(piece) > size:
        raise OffsetMismatch(now_at.offset)
    upload = _upload_row(employee, key, name, size)
    if offset == size:
        # All had arrived before, but whoever took the last piece did not live to finish.
        return _complete(upload, by)
    storage.put(storage.originals(), keys.piece_key(upload, offset), piece)
    end = offset + len(piece)
    # Two tabs may send the same piece; only one of them moves the upload on.
    moved = Upload.objects.filter(pk=upload.pk, received_bytes=offset)
    if not moved.update(received_bytes=end, updated_at=timezone.now()):
        raise OffsetMismatch(standing(employee, key).offset)
    return Progress(end) if end < size else _complete(upload, by)


def receive_file(employee: Employee, by: Actor, name: str, file: IO[bytes], size: int) -> Arrived:
    """Take a whole file (the form without script). Raises UploadRefused."""
    _refuse_size(size)
    _refuse_kind(file.read(SNIFF_BYTES))
    file.seek(0)
    return _keep(employee, by, uuid.uuid4(), name, file)


def unfinished(employee: Employee) -> list[Upload]:
    """Uploads that broke off, oldest first; choosing the same file again continues them."""
    return list(Upload.objects.filter(employee=employee))


def remove(photo: SourcePhoto, by: Actor) -> None:
    """Delete a photo at its owner's wish: row first, so that nothing uses it, then its files.

    Raises TransitionRefused when it is gone already.
    """
    transitions.photo_deleted(photo, by)
    audit.record("photo_removed", photo, by, employee_id=photo.employee_id)
    delete_files(photo)


def delete_files(photo: SourcePhoto) -> None:
    """Delete everything stored of a photo; safe to repeat. The row names its files until they are gone."""
    for name in (photo.original, photo.normalized, photo.thumbnail):
        if name:
            storage.originals().delete(name)
    SourcePhoto.objects.filter(pk=photo.pk).update(original="", normalized="", thumbnail="")


def drop_abandoned() -> int:
    """Delete uploads that nobody came back to; returns how many. Called by the clock in the system scope."""
    old = Upload.objects.filter(updated_at__lt=timezone.now() - ABANDONED_AFTER)[:100]
    for upload in old:
        drop(upload)
    return len(old)


def give_up(employee: Employee, key: uuid.UUID) -> None:
    """The employee does not want this upload any more; nothing happens when there is none."""
    for upload in Upload.objects.filter(employee=employee, key=key):
        drop(upload)


def drop(upload: Upload) -> None:
    """Forget an unfinished upload and its pieces."""
    _delete_pieces(upload)
    upload.delete()


def _refuse_size(size: int) -> None:
    if size <= 0:
        raise UploadRefused("empty")
    if size > max_bytes():
        raise UploadRefused("too_many_bytes", megabytes=round(size / 1e6), limit=max_bytes() // 1_000_000)


def _refuse_kind(head: bytes) -> None:
    try:
        decode.sniff(head)
    except DecodeError as error:
        raise UploadRefused(error.code, **error.data) from error


def _refuse_beyond_limit(employee: Employee) -> None:
    kept = SourcePhoto.objects.filter(employee=employee).exclude(status=PhotoStatus.DELETED).count()
    if kept >= employee.company.max_photos:
        raise UploadRefused("enough_photos", limit=employee.company.max_photos)


def _upload_row(employee: Employee, key: uuid.UUID, name: str, size: int) -> Upload:
    defaults = {"company_id": employee.company_id, "name": name[:200], "size_bytes": size}
    upload, new = Upload.objects.get_or_create(employee=employee, key=key, defaults=defaults)
    if new:
        _bound_unfinished(employee, upload)
    if upload.size_bytes != size:
        # Another file under a key that was not made for it.
        raise UploadRefused("changed_file")
    return upload


def _bound_unfinished(employee: Employee, newest: Upload) -> None:
    """Nobody fills the storage with beginnings: the one longest left alone goes when there are too many."""
    others = Upload.objects.filter(employee=employee).exclude(pk=newest.pk).order_by("updated_at")
    for upload in others[: max(0, others.count() + 1 - employee.company.max_photos)]:
        drop(upload)


def _complete(upload: Upload, by: Actor) -> Arrived:
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as whole:
        if not _assemble(upload, whole):
            drop(upload)
            raise OffsetMismatch(0)
        whole.seek(0)
        employee = upload.employee
        try:
            return _keep(employee, by, upload.key, upload.name, whole)
        finally:
            drop(upload)


def _assemble(upload: Upload, out: IO[bytes]) -> bool:
    """Write the pieces one after the other; False when one is missing."""
    done = 0
    for offset, name in _pieces(upload):
        if offset > done:
            break
        piece = storage.read(storage.originals(), name)
        # Two tabs may have cut the same file differently: skip what is there already.
        out.write(piece[done - offset :])
        done = max(done, offset + len(piece))
    return done == upload.size_bytes


def _pieces(upload: Upload) -> Iterator[tuple[int, str]]:
    folder = keys.upload_folder(upload)
    try:
        _, names = storage.originals().listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(names):
        yield int(name), f"{folder}/{name}"


def _delete_pieces(upload: Upload) -> None:
    for _, name in list(_pieces(upload)):
        storage.originals().delete(name)


def _keep(employee: Employee, by: Actor, key: uuid.UUID, name: str, file: IO[bytes]) -> Arrived:
    """Store the original and make its row. These very bytes, sent before, are the photo from before."""
    sha256, size = _digest(file)
    before = _same_bytes(employee, sha256)
    if before is not None:
        return Arrived(before, duplicate=True)
    photo = SourcePhoto(
        company_id=employee.company_id,
        employee=employee,
        upload_key=_fresh(employee, key),
        original_name=name[:200],
        sha256=sha256,
        size_bytes=size,
        enqueued_at=timezone.now(),
    )
    photo.original = keys.photo_key(photo, "original")
    file.seek(0)
    storage.originals().save(photo.original, File(file))
    try:
        arrived = _insert(photo, by)
    except UploadRefused:
        storage.originals().delete(photo.original)
        raise
    if arrived.duplicate:
        storage.originals().delete(photo.original)
    return arrived


def _insert(photo: SourcePhoto, by: Actor) -> Arrived:
    with transaction.atomic():
        # One photo at a time per person: neither the limit nor "same file twice" can be raced past.
        Employee.objects.select_for_update().get(pk=photo.employee_id)
        before = _same_bytes(photo.employee, photo.sha256)
        if before is not None:
            return Arrived(before, duplicate=True)
        _refuse_beyond_limit(photo.employee)
        transitions.photo_received(photo, by)
        audit.record("photo_uploaded", photo, by, employee_id=photo.employee_id, bytes=photo.size_bytes)
        enqueue(turns.INTAKE, "generation.jobs.check_photo", photo.company_id, photo.pk)
    log.info("photo received", photo=str(photo.pk), bytes=photo.size_bytes)
    return Arrived(photo, duplicate=False)


def _same_bytes(employee: Employee, sha256: str) -> SourcePhoto | None:
    rows = SourcePhoto.objects.filter(employee=employee, sha256=sha256)
    return rows.exclude(status=PhotoStatus.DELETED).first()


def _fresh(employee: Employee, key: uuid.UUID) -> uuid.UUID:
    """The browser's key, or a new one when that belongs to a photo which was removed since."""
    taken = SourcePhoto.objects.filter(employee=employee, upload_key=key).exists()
    return uuid.uuid4() if taken else key


def _digest(file: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(_COPY_BYTES):
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size
