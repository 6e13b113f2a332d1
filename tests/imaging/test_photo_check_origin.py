"""Pictures that say themselves that a machine made or changed them; photos that say nothing of it pass."""

import io
import json
import struct
import zlib
from collections.abc import Callable

import pillow_heif
import pytest
from PIL import Image, PngImagePlugin

from branding.look import Framing
from generation.imaging import photocheck
from generation.imaging.decode import decode_photo, normalise
from tests.imaging.people import PHOTOS, astronaut, codes, files, needs_photos

pillow_heif.register_heif_opener()
CV = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SETTINGS = "portrait of a woman\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
GRAPH = json.dumps({"3": {"class_type": "KSampler", "inputs": {"seed": 1}}})


def saved(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(astronaut()).save(out, kind, **options)
    return out.getvalue()


def xmp(term: str) -> bytes:
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description Iptc4xmpExt:DigitalSourceType='{term}'/></rdf:RDF></x:xmpmeta>"
    ).encode()


def with_text(**chunks: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, value in chunks.items():
        info.add_text(key, value, zip=len(value) > 200)
    return saved("PNG", pnginfo=info)


def with_exif(tag: int, value: object, directory: int | None = None) -> bytes:
    exif = Image.Exif()
    if directory:
        exif.get_ifd(directory)[tag] = value
    else:
        exif[tag] = value
    return saved("JPEG", exif=exif, quality=95)


def manifest(term: str) -> bytes:
    """The part of a C2PA manifest that counts: a CBOR action with its source type, in JUMBF boxes."""
    url = (CV + term).encode()
    cbor = b"\xa1gactions\x81\xa2factionlc2pa.createdqdigitalSourceTypex" + bytes([len(url)]) + url
    box = struct.pack(">I", 8 + len(cbor)) + b"cbor" + cbor
    label = b"jumd" + bytes.fromhex("63327061001100108000 00aa00389b71".replace(" ", "")) + b"\x03c2pa\0"
    inner = struct.pack(">I", 4 + len(label)) + label + box
    return struct.pack(">I", 8 + len(inner)) + b"jumb" + inner


def jpeg_with_manifest(term: str) -> bytes:
    plain, body = saved("JPEG", quality=95), manifest(term)
    segment = b"JP" + struct.pack(">HI", 1, 1) + body
    return plain[:2] + b"\xff\xeb" + struct.pack(">H", 2 + len(segment)) + segment + plain[2:]


def png_with_manifest(term: str) -> bytes:
    plain, body = saved("PNG"), manifest(term)
    chunk = struct.pack(">I", len(body)) + b"caBX" + body + struct.pack(">I", zlib.crc32(b"caBX" + body))
    return plain[:33] + chunk + plain[33:]


GENERATED: dict[str, Callable[[], bytes]] = {
    "XMP in JPEG": lambda: saved("JPEG", xmp=xmp(CV + "trainedAlgorithmicMedia"), quality=95),
    "XMP with a bare term": lambda: saved("JPEG", xmp=xmp("trainedAlgorithmicMedia"), quality=95),
    "XMP in WebP": lambda: saved("WEBP", xmp=xmp(CV + "trainedAlgorithmicMedia"), quality=95),
    "XMP in HEIC": lambda: saved("HEIF", xmp=xmp(CV + "trainedAlgorithmicMedia"), quality=90),
    "XMP in AVIF": lambda: saved("AVIF", xmp=xmp(CV + "trainedAlgorithmicMedia"), quality=90),
    "XMP packed in PNG": lambda: with_text(
        **{"XML:com.adobe.xmp": xmp(CV + "trainedAlgorithmicMedia").decode()}
    ),
    "C2PA in JPEG": lambda: jpeg_with_manifest("trainedAlgorithmicMedia"),
    "C2PA in PNG": lambda: png_with_manifest("trainedAlgorithmicMedia"),
    "web interface, PNG": lambda: with_text(parameters=SETTINGS),
    "ComfyUI": lambda: with_text(prompt=GRAPH, workflow=GRAPH),
    "InvokeAI": lambda: with_text(invokeai_metadata='{"positive_prompt": "portrait"}'),
    "web interface, JPEG": lambda: with_exif(0x9286, b"UNICODE\0" + SETTINGS.encode("utf-16-be"), 0x8769),
    "program in EXIF": lambda: with_exif(0x0131, "NovelAI Diffusion V4"),
    "credit": lambda: saved("JPEG", comment=b"Made with Google AI", quality=95),
}


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_picture_is_refused_by_what_it_says(name: str) -> None:
    photo = photocheck.check_photo(GENERATED[name](), "photo", Framing())
    assert photo.report.verdict == "reject"
    assert codes(photo) == ["generated"]
    assert photo.report.measures["origin"] == "generated"
    assert photo.embedding is None


@pytest.mark.parametrize("term", ["compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"])
def test_a_picture_with_added_parts_is_a_warning(term: str) -> None:
    photo = photocheck.check_photo(jpeg_with_manifest(term), "photo", Framing())
    assert photo.report.verdict == "warn"
    assert "edited" in codes(photo)


def test_a_picture_from_a_beauty_app_is_a_warning() -> None:
    photo = photocheck.check_photo(with_exif(0x0131, "BeautyPlus 7.5"), "photo", Framing())
    assert photo.report.verdict == "warn"
    assert "filtered" in codes(photo)


@pytest.mark.parametrize(
    "data",
    [
        lambda: saved("JPEG", xmp=xmp(CV + "digitalCapture"), quality=95),
        lambda: jpeg_with_manifest("computationalCapture"),
        lambda: saved("JPEG", xmp=xmp(CV + "algorithmicallyEnhanced"), quality=95),
        lambda: with_text(prompt="Smile!", Software="Adobe Photoshop 26.0"),
        lambda: with_text(Description="Steps to the Capitol, 1992"),
        lambda: with_exif(0x0131, "18.5"),
        lambda: with_exif(0x9286, b"ASCII\0\0\0Taken at the office", 0x8769),
    ],
)
def test_what_cameras_and_editors_write_counts_for_nothing(data: Callable[[], bytes]) -> None:
    photo = photocheck.check_photo(data(), "photo", Framing())
    assert photo.report.measures["origin"] == ""
    assert {"generated", "edited", "filtered"}.isdisjoint(codes(photo))


def test_neither_the_prompt_nor_the_metadata_are_kept() -> None:
    stored, decoded = normalise(with_text(parameters=SETTINGS))
    assert b"woman" not in stored
    assert "woman" not in decoded.origin_evidence
    photo = photocheck.check_photo(with_text(parameters=SETTINGS), "photo", Framing())
    assert "woman" not in json.dumps(photo.report.measures)


@pytest.mark.parametrize("broken", [b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + bytes(40)])
def test_broken_metadata_say_nothing(broken: bytes) -> None:
    assert decode_photo(saved("JPEG", exif=broken, quality=95)).origin == ""


@needs_photos
@pytest.mark.parametrize("path", [*files("portraits"), *files("identities")])
def test_no_real_portrait_is_taken_for_a_generated_one(path: str) -> None:
    assert decode_photo((PHOTOS / path).read_bytes()).origin == ""
