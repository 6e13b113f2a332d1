"""Where files lie in the storages.

Keys are derived from ids, so a step that runs again writes to the same place.
Everything of one person lies under one folder per storage, which is what erasure empties.
"""

import uuid
from collections.abc import Mapping
from pathlib import PurePosixPath

from generation.models import Candidate, Headshot, Shoot, SourcePhoto, Upload


def person_folder(company_id: uuid.UUID, employee_id: uuid.UUID) -> str:
    """The folder of all files of one person, in every storage."""
    return f"{company_id}/{employee_id}"


def photo_key(photo: SourcePhoto, name: str) -> str:
    """A photo's files, in the originals storage."""
    return f"{person_folder(photo.company_id, photo.employee_id)}/{photo.pk}/{name}"


def shoot_key(shoot: Shoot, name: str) -> str:
    """A shoot's files, in the renditions and masters storages."""
    return f"{person_folder(shoot.company_id, shoot.employee_id)}/{shoot.pk}/{name}"


def nudge_key(candidate: Candidate, steps: Mapping[str, int], name: str) -> str:
    """A nudged picture's files, in the renditions storage, beside the picture that it is a change of."""
    stem = PurePosixPath(candidate.image).stem
    return shoot_key(candidate.shoot, f"{stem}-nudge{'_'.join(str(step) for step in steps.values())}{name}")


def rendition_key(headshot: Headshot, version_id: uuid.UUID, name: str) -> str:
    """A rendition's file, in the renditions storage, in the folder of the shoot it comes from."""
    # Twelve hex digits tell headshots of one shoot apart, and keep the key within its column.
    stem = f"{headshot.pk.hex[:12]}-{version_id.hex[:12]}"
    return shoot_key(headshot.candidate.shoot, f"renditions/{stem}-{name}")


def upload_folder(upload: Upload) -> str:
    """The pieces of an unfinished upload, in the originals storage."""
    return f"{person_folder(upload.company_id, upload.employee_id)}/uploads/{upload.key}"


def piece_key(upload: Upload, offset: int) -> str:
    """One piece of an unfinished upload; names sort by their place in the file."""
    return f"{upload_folder(upload)}/{offset:012d}"
