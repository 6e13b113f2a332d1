"""The contact sheet: a face book as PDF, laid out by WeasyPrint."""

from collections.abc import Callable
from io import BytesIO
from itertools import groupby
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import ImageFile
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from generation import copies
from generation.models import Headshot
from portal.lib import storage
from portal.models import Export

# Importing WeasyPrint makes Pillow pass truncated pictures off as whole, everywhere in this process: photos
# and logos that were cut off on the way must be refused.
ImageFile.LOAD_TRUNCATED_IMAGES = False

_SCHEME: Final = "headshot:"
_FONTS: Final = ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2")
# A person's name in the PDF is text, so it can be searched; the picture is enough for 250 dpi.


class _Pictures(URLFetcher):  # type: ignore[misc]
    """Hands WeasyPrint the pictures and the font, and nothing else: no network, no other file.

    `seen` is called for each picture, so that a long layout shows signs of life; what it raises stops the
    layout.
    """

    def __init__(self, headshots: dict[str, Headshot], seen: Callable[[], None]) -> None:
        super().__init__(allowed_protocols=["headshot", "font"])
        self._headshots = headshots
        self._seen = seen

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url.startswith("font:") and url[5:] in _FONTS:
            data = (settings.BASE_DIR / "static" / "fonts" / url[5:]).read_bytes()
            return URLFetcherResponse(url, BytesIO(data), {"Content-Type": "font/woff2"})
        if not url.startswith(_SCHEME):
            raise ValueError(url)
        try:
            self._seen()
        except Exception as stop:
            raise FatalURLFetchingError from stop
        candidate = self._headshots[url.removeprefix(_SCHEME)].candidate
        data = storage.read(storage.renditions(), copies.thumb(candidate))
        return URLFetcherResponse(url, BytesIO(data), {"Content-Type": "image/jpeg"})


def pdf(export: Export, headshots: list[Headshot], seen: Callable[[], None] = lambda: None) -> bytes:
    """The face book of these people, grouped by department in their order; A4 portrait.

    Deterministic but for the day on it. Raises what `seen` raises.
    """
    html = render_to_string("portal/exports/pdf/contact_sheet.html", _context(export, headshots))
    pictures = _Pictures({str(row.pk): row for row in headshots}, seen)
    try:
        return bytes(HTML(string=html, url_fetcher=pictures).write_pdf())
    except FatalURLFetchingError as error:
        raise error.__cause__ or error from None


def _context(export: Export, headshots: list[Headshot]) -> dict[str, Any]:
    groups = [
        (department or _("Without a department"), list(rows))
        for department, rows in groupby(headshots, key=_department)
    ]
    styles = dict.fromkeys(str(row.candidate.shoot.style_version) for row in headshots)
    return {
        "company": export.company,
        # One heading over everybody says nothing.
        "groups": groups if len(groups) > 1 else [("", rows) for _name, rows in groups],
        "count": len(headshots),
        "departments": len([name for name, _rows in groups if name]),
        "styles": list(styles),
        "day": timezone.localdate(),
        "fonts": _FONTS,
    }


def _department(row: Headshot) -> str:
    return row.employee.department.name if row.employee.department else ""
