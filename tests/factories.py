"""Rows in the states that tests start from, with real (tiny) files behind them.

Status is written directly here, since a test begins in the middle; the product never does.
"""

import hashlib
import io
import uuid
from typing import Any

from django.utils import timezone
from PIL import Image

from branding.models import StyleVersion
from generation.keys import photo_key, shoot_key
from generation.models import Candidate, Headshot, Shoot, ShootPhoto, SourcePhoto, Worker
from portal.lib import storage
from teams.models import Consent, Employee


def picture(kind: str = "JPEG", color: str = "#8a6f5c", size: tuple[int, int] = (80, 100)) -> bytes:
    """A small plain picture as a file's bytes."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind)
    return out.getvalue()


def give_consent(employee: Employee, **fields: Any) -> Consent:
    """A consent that stands."""
    values = {"text_version": "1", "headshot": True, "biometrics": True, "signature": employee.name}
    return Consent.objects.create(company_id=employee.company_id, employee=employee, **(values | fields))


def make_photo(employee: Employee, *, data: bytes = b"", **fields: Any) -> SourcePhoto:
    """A checked and accepted photo (unless `fields` say otherwise) with its files."""
    content = data or picture(color=f"#{uuid.uuid4().hex[:6]}")
    values: dict[str, Any] = {
        "status": "checked",
        "verdict": "accept",
        "original_name": "me.jpg",
        "embedding": [0.0] * 128,
        "measures": {"head_pose_yaw_deg": 0.0},
    }
    photo = SourcePhoto(
        company_id=employee.company_id,
        employee=employee,
        upload_key=uuid.uuid4(),
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        **(values | fields),
    )
    photo.original = storage.put(storage.originals(), photo_key(photo, "original"), content)
    if photo.status == "checked":
        photo.normalized = storage.put(storage.originals(), photo_key(photo, "upright.jpg"), picture())
        photo.thumbnail = storage.put(storage.originals(), photo_key(photo, "thumbnail.jpg"), picture())
    photo.save()
    photo.refresh_from_db()
    return photo


def make_shoot(employee: Employee, status: str = "done", pictures: int = 2, **fields: Any) -> Shoot:
    """A shoot of all the person's photos in the newest style version, with pictures when it is done."""
    version = StyleVersion.objects.filter(company_id=employee.company_id).latest("number")
    if status in {"running", "done", "failed"}:
        fields = {"attempt": 1, "started_at": timezone.now(), "heartbeat_at": timezone.now()} | fields
    if status == "done":
        fields = {"progress": 1.0, "finished_at": timezone.now()} | fields
    shoot = Shoot.objects.create(
        company_id=employee.company_id, employee=employee, style_version=version, status=status, **fields
    )
    for photo in SourcePhoto.objects.filter(employee=employee):
        ShootPhoto.objects.create(company_id=shoot.company_id, shoot=shoot, photo=photo)
    if status == "done":
        for rank in range(1, pictures + 1):
            make_candidate(shoot, rank)
    shoot.refresh_from_db()
    return shoot


def make_worker(queues: str, **fields: Any) -> Worker:
    """A worker process that gave a sign of life just now."""
    now = timezone.now()
    values = {"name": f"test:{uuid.uuid4()}", "pid": 1, "doing": "ready", "started_at": now, "beat_at": now}
    return Worker.objects.create(queues=queues, **(values | fields))


def make_candidate(shoot: Shoot, rank: int, **fields: Any) -> Candidate:
    """A finished picture with its files."""
    stem = f"{rank:02d}"
    values: dict[str, Any] = {"source": "retouched", "likeness": 0.95, "width_px": 80, "height_px": 100}
    candidate = Candidate(company_id=shoot.company_id, shoot=shoot, rank=rank, **(values | fields))
    candidate.image = storage.put(storage.renditions(), shoot_key(shoot, f"{stem}.png"), picture("PNG"))
    candidate.small = storage.put(storage.renditions(), shoot_key(shoot, f"{stem}-small.jpg"), picture())
    candidate.master = storage.put(storage.masters(), shoot_key(shoot, f"{stem}.master"), b"layers")
    candidate.save()
    return candidate


def make_headshot(employee: Employee, status: str = "chosen", **fields: Any) -> Headshot:
    """The person's choice, with the photo and shoot that it came from."""
    make_photo(employee)
    candidate = make_shoot(employee).candidates.get(rank=1)
    headshot = Headshot.objects.create(
        company_id=employee.company_id, employee=employee, candidate=candidate, status=status, **fields
    )
    headshot.refresh_from_db()
    return headshot
