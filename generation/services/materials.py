"""Uploads of a style's files: checked by imaging, kept by branding.

They stand here because checking a picture from a stranger needs the safe decoder, which branding, the lower
app, cannot import (docs/decisions).
"""

from collections.abc import Callable
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile

from branding import materials
from branding.materials import AnyPicture
from branding.models import Backdrop, ColorTable, Reference
from generation.imaging import backdrop_file, decode
from generation.imaging.backdrop_file import Picture as Prepared
from generation.imaging.errors import DecodeError
from generation.imaging.finishing import lut
from generation.imaging.finishing.encode import resize_to_fit
from generation.imaging.materials import content_id
from teams.models import Company, User

# Long side of what the editor shows to choose from, and to set the middle on; sharp at twice the density.
THUMBNAIL_PX: Final = 640


def add_backdrop(company: Company, upload: "UploadedFile[Any]", by: User) -> Backdrop:
    """Check a picture of a room and keep it. Raises DecodeError (what is wrong with it), MaterialRefused."""
    return _keep(Backdrop, company, upload, backdrop_file.prepare, by)


def add_reference(company: Company, upload: "UploadedFile[Any]", by: User) -> Reference:
    """Check a picture of the look that is wanted and keep it. Raises as `add_backdrop` does."""
    return _keep(Reference, company, upload, backdrop_file.prepare_reference, by)


def _keep(
    model: type[AnyPicture],
    company: Company,
    upload: "UploadedFile[Any]",
    prepare: Callable[[bytes], Prepared],
    by: User,
) -> AnyPicture:
    if upload.size and upload.size > decode.MAX_BYTES:
        raise decode.too_many_bytes(upload.size)
    picture = prepare(upload.read())
    thumbnail = decode.encode_jpeg(resize_to_fit(picture.pixels, THUMBNAIL_PX), 84)
    file = materials.File(picture.content, picture.key, upload.name or "")
    size = (picture.width_px, picture.height_px)
    return materials.add_picture(model, company, file, size, thumbnail, by)


def add_table(company: Company, upload: "UploadedFile[Any]", by: User) -> ColorTable:
    """Check a colour table and keep it. Raises DecodeError (with the line) or MaterialRefused."""
    if upload.size and upload.size > lut.MAX_BYTES:
        raise DecodeError("cube_too_large", limit=lut.MAX_BYTES // 1_000_000)
    content = upload.read()
    table = lut.parse_cube(content)
    file = materials.File(content, content_id(content), table.title or upload.name or "")
    return materials.add_table(company, file, table.points, table.is_3d, by)
