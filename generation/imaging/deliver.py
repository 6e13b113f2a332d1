"""Finished pictures as files for the outside: exact sizes, bounded bytes, and where they come from.

A delivered file carries no metadata of the photo. It says what kind of picture it is, in the words of IPTC
(Digital Source Type NewsCodes, https://cv.iptc.org/newscodes/digitalsourcetype/), as XMP.
"""

import io
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final, Literal
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from PIL import Image

from generation.imaging.errors import EngineError
from generation.imaging.finishing.encode import png
from generation.imaging.types import SRGB8, Source

Format = Literal["jpeg", "png"]

# Chosen by definition: both are composites, since the backdrop is rendered; a retouched person is a real
# photograph, a generated one comes from a trained model.
SOURCE_TYPES: Final[dict[Source, str]] = {
    "retouched": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic",
    "generated": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
}
# From hardly visible loss downwards; below the last one faces show blocks and the file is refused instead.
_QUALITIES: Final = (93, 90, 86, 82, 76, 70, 62, 54)
# Hair has colour edges that halved colour resolution frays; small files need it all the same.
_FULL_COLOUR_FROM: Final = 76
# PNG's own way of saying sRGB, "perceptual" (PNG specification 11.3.2.5).
_SRGB: Final = b"\x00"
# Signature and IHDR of every PNG.
_AFTER_IHDR: Final = 33
_PACKET: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" Iptc4xmpExt:DigitalSourceType={source}>'
    "{rights}{history}</rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="w"?>'
)
_RIGHTS: Final = '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{holder}</rdf:li></rdf:Alt></dc:rights>'
# What was changed at somebody's wish, in the order of the steps (XMP specification part 2, "ResourceEvent").
_HISTORY: Final = (
    '<xmpMM:History xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
    'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"><rdf:Seq>{events}</rdf:Seq></xmpMM:History>'
)
_EVENT: Final = "<rdf:li stEvt:action={action} stEvt:parameters={parameters}/>"
# Steps of `imaging.nudge` by name: the action, in the words that XMP defines, and what it was applied to.
_ACTIONS: Final = {
    "brightness": ("edited", "brightness of the person, steps"),
    "size": ("cropped", "size of the head, steps"),
    "side": ("cropped", "place to the side, steps"),
}


def xmp(source: Source, holder: str = "", steps: Mapping[str, int] | None = None) -> bytes:
    """The XMP packet: digital source type and, where given, whose picture it is and which small changes
    (`nudge.Nudge.told`) the person shown asked for. Nobody's name."""
    rights = _RIGHTS.format(holder=escape(f"© {holder}")) if holder else ""
    events = "".join(
        _EVENT.format(action=quoteattr(action), parameters=quoteattr(f"{what}: {(steps or {})[name]:+d}"))
        for name, (action, what) in _ACTIONS.items()
        if (steps or {}).get(name)
    )
    history = _HISTORY.format(events=events) if events else ""
    packet = _PACKET.format(source=quoteattr(SOURCE_TYPES[source]), rights=rights, history=history)
    return packet.encode()


def crop_box(
    size: tuple[int, int], wanted: tuple[int, int], eye: tuple[float, float], eye_line: float
) -> tuple[float, float, float, float]:
    """The largest part of a `size` picture in the shape of `wanted` (both width, height).

    `eye` is the place of the eyes as fractions of the picture; they come to stand at `eye_line` of the
    crop's height and in its middle, or as near as the picture's edges allow. Returns left, top, right,
    bottom in pixels, not rounded, so that the shape is exact.
    """
    width, height = size
    shape = wanted[0] / wanted[1]
    w, h = (width, width / shape) if width / shape <= height else (height * shape, float(height))
    left = min(max(eye[0] * width - w / 2, 0.0), width - w)
    top = min(max(eye[1] * height - eye_line * h, 0.0), height - h)
    return left, top, left + w, top + h


def fit(pixels: SRGB8, box: tuple[float, float, float, float], wanted: tuple[int, int]) -> tuple[SRGB8, bool]:
    """The box of a picture at the wanted size, or, where it has fewer pixels than that, at its own.

    Returns the pixels and whether they are smaller than wanted: nothing is enlarged.
    """
    share = min(1.0, (box[2] - box[0]) / wanted[0], (box[3] - box[1]) / wanted[1])
    size = (max(1, round(wanted[0] * share)), max(1, round(wanted[1] * share)))
    picture = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, box=box)
    return np.asarray(picture, np.uint8), size != wanted


def encode(pixels: SRGB8, format_: Format, packet: bytes, max_bytes: int | None = None) -> bytes:
    """(H, W, 3) uint8 sRGB as JPEG or PNG with the XMP packet and nothing else.

    JPEG is compressed further until it fits `max_bytes`. Raises EngineError `too_many_bytes` when it does
    not fit at a quality that can be shown, or when a PNG is larger.
    """
    data = _png(pixels, packet) if format_ == "png" else b""
    for quality in _QUALITIES if format_ == "jpeg" else ():
        data = _jpeg(pixels, quality, packet)
        if max_bytes is None or len(data) <= max_bytes:
            return data
    if max_bytes is not None and len(data) > max_bytes:
        raise EngineError("too_many_bytes", bytes=len(data), limit=max_bytes)
    return data


def _jpeg(pixels: SRGB8, quality: int, packet: bytes) -> bytes:
    picture, out = Image.fromarray(pixels), io.BytesIO()
    subsampling = 0 if quality >= _FULL_COLOUR_FROM else 2
    options: dict[str, Any] = {"quality": quality, "subsampling": subsampling, "xmp": packet}
    try:
        picture.save(out, "JPEG", optimize=True, progressive=True, **options)
    except OSError:
        # Pillow's buffer for the smaller, progressive form holds one byte a pixel; grain can need more.
        out = io.BytesIO()
        picture.save(out, "JPEG", **options)
    return out.getvalue()


def _png(pixels: SRGB8, packet: bytes) -> bytes:
    return tag_png(png(pixels), packet)


def tag_png(data: bytes, packet: bytes) -> bytes:
    """A PNG of ours with the sRGB chunk and the XMP packet added; its pixels are not touched."""
    # Keyword, no compression, no language, no translated keyword (PNG specification 11.3.3.4).
    text = b"XML:com.adobe.xmp" + bytes(5) + packet
    return data[:_AFTER_IHDR] + _chunk(b"sRGB", _SRGB) + _chunk(b"iTXt", text) + data[_AFTER_IHDR:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
