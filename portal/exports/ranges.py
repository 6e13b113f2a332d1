"""Downloads that resume: one byte range of a stored file (RFC 9110, section 14)."""

import re
from collections.abc import Iterator
from typing import IO, Final

from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
_CHUNK: Final = 1 << 18


def send(
    request: HttpRequest, store: Storage, key: str, *, size: int, etag: str, name: str
) -> HttpResponseBase:
    """The file under `key`, whole (200) or from where a download broke off (206), or 416.

    `etag` names the bytes: a client that has the beginning of other bytes gets the whole file. Raises
    FileNotFoundError.
    """
    quoted = f'"{etag}"'
    wanted = request.headers.get("Range", "")
    if request.headers.get("If-Range", quoted) != quoted:
        wanted = ""
    span = _span(wanted, size)
    if span is None:
        response: HttpResponseBase = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        return response
    first, last = span
    file = store.open(key, "rb")
    response = StreamingHttpResponse(_read(file, first, last), content_type="application/zip")
    response["Content-Length"] = str(last - first + 1)
    if (first, last) != (0, size - 1):
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = quoted
    response["Cache-Control"] = "private, no-transform"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _span(wanted: str, size: int) -> tuple[int, int] | None:
    """First and last byte, included; the whole file for anything but one range of bytes; None for a range
    that lies outside."""
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or not any(found.groups()):
        return 0, size - 1
    start, end = found.groups()
    if not start:
        # The last bytes.
        first, last = max(0, size - int(end)), size - 1
        return (first, last) if int(end) else None
    first, last = int(start), min(int(end) if end else size - 1, size - 1)
    return (first, last) if first <= last else None


def _read(file: IO[bytes], first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
