"""The company's logo: decoded safely, kept as PNG, private until its view serves it."""

import hashlib
import io

from django.urls import reverse
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from portal.lib import storage
from teams.models import Company

MAX_BYTES = 2 * 1024 * 1024
# Decoding stops before it takes more memory than a camera photo.
MAX_PIXELS = 40_000_000
# Shown at most 40 px high; three times that for sharp screens, and room for wide ones.
BOX_PX = (960, 240)
FORMATS = ("PNG", "JPEG")


class LogoError(Exception):
    """The file cannot be a logo; the message is a sentence for the person."""


def normalized(data: bytes) -> bytes:
    """A PNG of at most BOX_PX without metadata, transparency kept. Raises LogoError."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise LogoError(_("This picture has too many pixels for a logo."))
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise LogoError(_("This is not a PNG or JPEG picture.")) from error
    upright.thumbnail(BOX_PX, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    upright.save(out, "PNG", optimize=True)
    return out.getvalue()


def put(company: Company, png: bytes) -> str:
    """Store a normalized logo and return its key, which changes with the picture."""
    digest = hashlib.sha256(png).hexdigest()[:16]
    return storage.put(storage.originals(), f"{company.pk}/logo/{digest}.png", png)


def read(company: Company) -> bytes | None:
    """The logo's PNG, or None."""
    if not company.logo:
        return None
    try:
        return storage.read(storage.originals(), company.logo)
    except FileNotFoundError:
        return None


def address(company: Company) -> str:
    """The logo's path, which changes with the picture, so that browsers may keep it; "" without a logo."""
    if not company.logo:
        return ""
    version = company.logo.rpartition("/")[2].removesuffix(".png")
    return f"{reverse('settings:logo', args=[company.slug])}?v={version}"
