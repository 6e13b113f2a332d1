"""Files that want to do harm are refused with a reason, quickly and within bounded memory."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from generation.imaging import decode
from generation.imaging.decode import decode_photo, encode_jpeg, normalise
from generation.imaging.errors import DecodeError
from generation.imaging.messages import sentence
from tests.imaging.hang import hang_guard
from tests.imaging.people import PHOTOS, files, needs_photos

# Writing HEIC for the tests; reading it is the product's own business.
pillow_heif.register_heif_opener()
ROOT = Path(__file__).resolve().parents[2]
TAKEN = {"JPEG", "MPO", "PNG", "WEBP", "HEIF", "AVIF", "BMP"}


def refusal(data: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as refused:
        decode_photo(data)
    assert sentence(refused.value.code, **refused.value.data)
    return refused.value


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return start + struct.pack(">I", 1000) + b"IDAT" + bytes(1000)


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<html>", "not_a_picture"),
        (b"GIF89a" + bytes(40), "unsupported_type"),
        (b"II*\x00" + bytes(40), "unsupported_type"),
        (b"%PDF-1.4", "unsupported_type"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_type"),
        (b"8BPS" + bytes(40), "unsupported_type"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(40), "unsupported_type"),
        (b"\xff\xd8\xff" + bytes(40), "damaged"),
    ],
)
def test_what_is_no_photo_is_refused_by_its_bytes(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_a_photo_that_broke_off_is_called_incomplete() -> None:
    whole = encode_jpeg(np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8))
    assert refusal(whole[: len(whole) // 3]).code == "truncated"


def test_a_thumbnails_end_does_not_pass_for_the_photos() -> None:
    """Cameras put a whole small JPEG into EXIF; a photo that breaks off after it is still incomplete."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x927C] = encode_jpeg(np.full((40, 60, 3), 90, dtype=np.uint8))
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "JPEG", exif=exif.tobytes(), quality=90)
    whole = out.getvalue()
    assert whole.count(b"\xff\xd9") >= 2
    assert decode_photo(whole).pixels.shape == (300, 300, 3)
    assert refusal(whole[: len(whole) // 2]).code == "truncated"


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (9_000, 9_000), (2**31 - 1, 1)])
def test_pixel_bombs_are_refused_from_the_header(width: int, height: int) -> None:
    assert refusal(png_header(width, height)).code == "too_many_pixels"


def test_byte_bombs_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_BYTES", 1000)
    monkeypatch.setattr(decode.Image, "open", lambda *a, **k: pytest.fail("a decoder saw the bytes"))
    assert refusal(b"\xff\xd8\xff" + bytes(2000)).code == "too_many_bytes"


def test_decoders_outside_the_list_are_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that would take anything stands for the many that Pillow has: no file may reach it."""
    asked: list[bytes] = []
    Image.init()
    monkeypatch.setattr(Image, "ID", [*Image.ID, "TRAP"])
    trap = (lambda stream, name: None, lambda prefix: asked.append(prefix) or False)
    monkeypatch.setitem(Image.OPEN, "TRAP", trap)
    for signature in (b"BM", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP"):
        assert refusal(signature + bytes(100)).code in ("damaged", "truncated")
    assert asked == []


def test_an_enormous_jpeg_needs_little_memory() -> None:
    code = (
        "import io, resource, numpy as np\n"
        "from PIL import Image\n"
        "from generation.imaging.decode import decode_photo\n"
        "out = io.BytesIO(); Image.new('RGB', (10000, 8000), 'teal').save(out, 'JPEG')\n"
        "data = out.getvalue()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert decode_photo(data).pixels.shape == (3277, 4096, 3)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    # Making the file took 240 MB already; decoding at full size on top would add as much again.
    assert int(done.stdout) < 100


def test_stored_photos_carry_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    out = io.BytesIO()
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SecretPlace</x:xmpmeta>"
    Image.new("RGB", (64, 64), "teal").save(out, "JPEG", exif=exif, xmp=xmp, comment=b"SecretNote")
    stored, _ = normalise(out.getvalue() + b"SecretTail")
    assert b"Secret" in out.getvalue()
    assert b"Secret" not in stored
    with Image.open(io.BytesIO(stored)) as image:
        assert not image.getexif()
        assert {"icc_profile", "xmp", "comment", "exif"}.isdisjoint(image.info)


@settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), kind=st.sampled_from(["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "BMP"]))
def test_damaged_bytes_give_a_picture_or_a_reason(data: st.DataObject, kind: str) -> None:
    broken = bytearray(picture(kind))
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(broken) // 2, len(broken)))
    try:
        assert decode_photo(bytes(broken[:cut])).pixels.ndim == 3
    except DecodeError as error:
        assert sentence(error.code, **error.data)


@needs_photos
@pytest.mark.parametrize("path", [*files("awkward/formats"), *files("awkward/hostile")])
def test_every_awkward_file_gives_a_picture_or_a_reason(path: str) -> None:
    with hang_guard():
        try:
            photo = decode_photo((PHOTOS / path).read_bytes())
        except DecodeError as error:
            assert sentence(error.code, **error.data)
        else:
            assert photo.format in TAKEN
            assert "hostile" not in path
