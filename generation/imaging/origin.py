"""What a file itself says about how its picture came to be, read before the metadata are dropped.

Three kinds of statement are believed: the IPTC DigitalSourceType in XMP or in a C2PA manifest (IPTC NewsCodes
`digitalsourcetype`; C2PA 2.1, `c2pa.actions`), the text chunks and comments in which image generators keep
their settings, and the program's name in EXIF. A file that says nothing proves nothing: statements are
removed by most messengers, and anybody can remove or invent them. Signatures are not verified here; a
forged statement only makes its own photo unwelcome.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from PIL import Image

Kind = Literal["", "generated", "edited", "filtered"]


@dataclass(frozen=True, slots=True)
class Origin:
    """`kind` of statement ("" for none) and `evidence`, a fixed phrase that never quotes the file."""

    kind: Kind = ""
    evidence: str = ""


# IPTC terms that matter. Captures, negatives, prints, screen recordings and `algorithmicallyEnhanced` (every
# phone's own processing) say nothing against a photo.
_TERMS: Final[dict[bytes, Kind]] = {
    b"trainedalgorithmicmedia": "generated",
    b"algorithmicmedia": "generated",
    b"virtualrecording": "generated",
    b"digitalart": "generated",
    b"digitalcreation": "generated",
    b"compositewithtrainedalgorithmicmedia": "edited",
    b"compositesynthetic": "edited",
    b"datadrivenmedia": "generated",
}
# The term as a URI (XMP and C2PA alike) or, as some writers do, bare in the XMP property.
_TERM: Final = re.compile(
    rb"(?:digitalsourcetype/|DigitalSourceType(?:\s*=\s*[\"']|\s*>\s*|\s+rdf:resource\s*=\s*[\"']))([A-Za-z]+)"
)
# Credits that Google writes into IPTC and XMP beside the source type.
_CREDITS: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"Made with Google AI", "generated"),
    (b"Edited with Google AI", "edited"),
)
# Keys of PNG text chunks that only image generators write.
_GENERATOR_KEYS: Final = frozenset(
    {"parameters", "invokeai_metadata", "invokeai_graph", "sd-metadata", "dream", "fooocus_scheme"}
)
# ComfyUI's node graph; other programs use the same two keys for other things.
_GRAPH_KEYS: Final = ("prompt", "workflow")
_GRAPH: Final = re.compile(r"\"(?:class_type|last_node_id|inputs)\"")
# The line that Stable Diffusion's web interfaces write into EXIF comments.
_SETTINGS: Final = re.compile(r"Steps: \d+, (?:Sampler|Size|CFG scale)")
_GENERATORS: Final = (
    "midjourney", "dall-e", "dall·e", "openai", "adobe firefly", "novelai", "stable diffusion", "comfyui",
    "invokeai", "fooocus", "automatic1111", "leonardo.ai", "ideogram", "black forest labs", "draw things",
)  # fmt: skip
# Apps whose purpose is to reshape or smooth faces.
_BEAUTY_APPS: Final = (
    "beautyplus", "beautycam", "meitu", "faceapp", "facetune", "youcam", "b612", "ulike", "remini",
    "airbrush", "snow camera", "faceu", "perfect365", "sweet selfie",
)  # fmt: skip
# EXIF: ImageDescription, Make, Software, Artist; UserComment in the Exif directory.
_EXIF_TEXTS: Final = (0x010E, 0x010F, 0x0131, 0x013B)
_EXIF_DIRECTORY, _USER_COMMENT = 0x8769, 0x9286
# Longest text that is looked at: settings stand at the beginning, a bomb does not matter.
_MAX_TEXT: Final = 20_000


def declared(data: bytes, image: Image.Image) -> Origin:
    """What the file `data`, opened as `image`, says. Never raises: broken metadata say nothing."""
    try:
        found = [_source_type(data), *(_source_type(block) for block in _blocks(image)), _settings(image)]
        found.append(_program(image))
    except Exception:
        # Metadata of hostile files make parsers raise anything; the pixels are judged on their own.
        return Origin()
    for kind in ("generated", "edited", "filtered"):
        for one in found:
            if one.kind == kind:
                return one
    return Origin()


def _source_type(block: bytes) -> Origin:
    """The gravest IPTC term or credit in raw bytes: both XMP and C2PA keep it as plain text."""
    # A plain search for what all spellings share is a hundred times as fast as the expression.
    mentioned = b"igitalSourceType" in block or b"igitalsourcetype" in block
    terms = [match.group(1).lower() for match in _TERM.finditer(block)] if mentioned else []
    for wanted in ("generated", "edited"):
        for term in terms:
            if _TERMS.get(term) == wanted:
                return Origin(_TERMS[term], f"IPTC DigitalSourceType {term.decode('ascii')}")
        for credit, kind in _CREDITS:
            if kind == wanted and credit in block:
                return Origin(kind, f"credit: {credit.decode('ascii')}")
    return Origin()


def _blocks(image: Image.Image) -> list[bytes]:
    """XMP and text that the file may hold compressed, so that its raw bytes do not show it."""
    found = []
    for key, value in image.info.items():
        if str(key).lower() in ("xmp", "xml:com.adobe.xmp", "raw profile type xmp"):
            found.append(value.encode() if isinstance(value, str) else bytes(value))
    return found


def _settings(image: Image.Image) -> Origin:
    """Settings that a generator left in text chunks or comments."""
    for key, value in image.info.items():
        if not isinstance(key, str) or not isinstance(value, str):
            continue
        text = value[:_MAX_TEXT]
        if key.lower() in _GENERATOR_KEYS or (key in _GRAPH_KEYS and _GRAPH.search(text)):
            return Origin("generated", f"text chunk {key[:40]}")
        if _SETTINGS.search(text):
            return Origin("generated", "settings of an image generator")
    for text in _exif_texts(image):
        graph = text.lower().startswith(_GRAPH_KEYS) and _GRAPH.search(text)
        if graph or _SETTINGS.search(text):
            return Origin("generated", "settings of an image generator in EXIF")
    return Origin()


def _program(image: Image.Image) -> Origin:
    texts = [*_exif_texts(image), *(str(image.info.get(key, "")) for key in ("Software", "Source", "Title"))]
    for text in texts:
        low = text[:200].lower()
        for name in _GENERATORS:
            if name in low:
                return Origin("generated", f"written by {name}")
        for name in _BEAUTY_APPS:
            if name in low:
                return Origin("filtered", f"written by {name}")
    return Origin()


def _exif_texts(image: Image.Image) -> list[str]:
    exif = image.getexif()
    values: list[Any] = [exif.get(tag) for tag in _EXIF_TEXTS]
    values.append(exif.get_ifd(_EXIF_DIRECTORY).get(_USER_COMMENT))
    return [_text(value)[:_MAX_TEXT] for value in values if value]


def _text(value: Any) -> str:
    """An EXIF value as text; UserComment begins with eight bytes that name its encoding."""
    if not isinstance(value, bytes):
        return str(value)
    name, body = value[:8], value[8 : 8 + 2 * _MAX_TEXT]
    if name.startswith(b"UNICODE"):
        # Byte order is the file's, which is not known here: Latin text shows which half is empty.
        return body.decode("utf-16-be" if body[:1] == b"\0" else "utf-16-le", errors="ignore")
    return (body if name.startswith(b"ASCII") else value[: 2 * _MAX_TEXT]).decode("utf-8", errors="ignore")
