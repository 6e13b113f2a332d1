"""Photos from strangers, decoded safely: bytes in, upright sRGB pixels without metadata out.

What a file is follows from its bytes, never from its name. Only the formats of `_SIGNATURES` reach a
decoder, sizes are read from the header before any pixel is decoded, and memory stays bounded: JPEG is
scaled down while it is decoded, the other formats have a lower pixel limit.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any, Final

import cv2
import numpy as np
import pillow_heif
from PIL import Image, ImageFile, UnidentifiedImageError

from generation.imaging import origin, profiles, threads
from generation.imaging.errors import DecodeError
from generation.imaging.types import SRGB8, DecodedPhoto

# Originals of 50 MB are welcome; beyond this only a mistake or an attack.
MAX_BYTES: Final = 60_000_000
# 108 MP phone cameras write JPEG; it is decoded at a fraction of its size.
MAX_JPEG_PIXELS: Final = 110_000_000
# 50 MP phone cameras write HEIC; these formats are decoded at full size, 3 to 8 bytes a pixel.
MAX_OTHER_PIXELS: Final = 60_000_000
# Transparent photos are laid on white, as viewers show them.
_PAPER: Final = (255, 255, 255)

# Name of what is taken, and the Pillow decoders that may open it. GIF, TIFF, PSD, ICO and the rest of
# what Pillow could open never come from a camera roll and have the longest record of decoder bugs.
_DECODERS: Final[dict[str, tuple[str, ...]]] = {
    "JPEG": ("JPEG",),
    "PNG": ("PNG",),
    "WEBP": ("WEBP",),
    "HEIF": ("HEIF",),
    "AVIF": ("AVIF",),
    "BMP": ("BMP",),
}
_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
)
_BRANDS: Final[dict[bytes, str]] = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}
# Recognised only to be refused by name: "a GIF" helps more than "not a picture".
_REFUSED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"GIF8", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"8BPS", "PSD"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"BLP", "BLP"),
    (b"DDS ", "DDS"),
    (b"icns", "ICNS"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xd7\xcd\xc6\x9a", "WMF"),
    (b"\x01\xda", "SGI"),
)
# What brings each EXIF orientation upright.
_TURNS: Final[dict[int, Callable[[SRGB8], Any]]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
_ORIENTATION_TAG: Final = 0x0112


def decode_photo(data: bytes, *, max_side_px: int = 4096) -> DecodedPhoto:
    """Decode a photo upright to sRGB, its longer side at most `max_side_px`.

    Raises DecodeError with code `empty`, `too_many_bytes`, `unsupported_type` (data: `type`),
    `not_a_picture`, `too_many_pixels` (data: `megapixels`), `truncated` or `damaged`.
    """
    kind = sniff(data)
    try:
        if kind == "HEIF":
            return _decode_heif(data, max_side_px)
        with _open(data, kind) as image:
            _refuse_pixel_bomb(*image.size, kind)
            return _decode(data, image, max_side_px)
    except DecodeError:
        raise
    except Image.DecompressionBombError as error:
        raise DecodeError(
            "too_many_pixels", megapixels=">178", limit=MAX_OTHER_PIXELS // 1_000_000
        ) from error
    except Exception as error:
        # Decoders raise anything on hostile bytes: struct.error, TypeError, IndexError, ...
        raise DecodeError("truncated" if "truncated" in str(error) else "damaged") from error


def sniff(data: bytes) -> str:
    """The format that the bytes themselves say: a key of `_DECODERS`. Raises DecodeError."""
    if not data:
        raise DecodeError("empty")
    if len(data) > MAX_BYTES:
        raise DecodeError(
            "too_many_bytes",
            megabytes=round(len(data) / 1e6),
            limit=MAX_BYTES // 1_000_000,
        )
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _sniff_brands(data)
    for signature, kind in _REFUSED:
        if data.startswith(signature):
            raise DecodeError("unsupported_type", type=kind)
    if b"<svg" in data[:1024].lower():
        raise DecodeError("unsupported_type", type="SVG")
    raise DecodeError("not_a_picture")


def too_many_bytes(size: int) -> DecodeError:
    """The refusal of a file of `size` bytes."""
    return DecodeError("too_many_bytes", megabytes=round(size / 1e6), limit=MAX_BYTES // 1_000_000)


def _sniff_brands(data: bytes) -> str:
    """ISO base media files name their kind in the major brand, older writers in a compatible one."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))]
    # 'mif1' is said by HEIC and AVIF alike: a precise brand wins over it.
    kinds = [_BRANDS[brand] for brand in brands if brand in _BRANDS and brand not in (b"mif1", b"msf1")]
    if kinds:
        return kinds[0]
    if any(brand in _BRANDS for brand in brands):
        return "HEIF"
    raise DecodeError("unsupported_type", type="video")


def _open(data: bytes, kind: str) -> ImageFile.ImageFile:
    try:
        return Image.open(io.BytesIO(data), formats=_DECODERS[kind])
    except UnidentifiedImageError as error:
        raise DecodeError("damaged") from error


def _refuse_pixel_bomb(width: int, height: int, kind: str) -> None:
    limit = MAX_JPEG_PIXELS if kind == "JPEG" else MAX_OTHER_PIXELS
    if width * height > limit:
        raise DecodeError(
            "too_many_pixels",
            megapixels=round(width * height / 1e6),
            limit=limit // 1_000_000,
        )


def _decode(data: bytes, image: ImageFile.ImageFile, max_side_px: int) -> DecodedPhoto:
    kind, (width, height) = image.format or "?", image.size
    orientation, said = _orientation(image), origin.declared(data, image)
    target = _target(width, height, max_side_px)
    if kind in ("JPEG", "MPO"):
        # The DCT is evaluated at 1/2, 1/4 or 1/8 size, never below the size asked for.
        image.draft(None, target)
    whole = _whole_jpeg(data, image) if target == (width, height) else None
    pixels = _resized(_to_rgb(image), target) if whole is None else whole
    if orientation in _TURNS:
        pixels = np.asarray(_TURNS[orientation](pixels), dtype=np.uint8)
    if orientation >= 5:
        width, height = height, width
    return DecodedPhoto(np.ascontiguousarray(pixels), kind, width, height, said.kind, said.evidence)


def _whole_jpeg(data: bytes, image: ImageFile.ImageFile) -> SRGB8 | None:
    """A complete colour JPEG at full size; None for every other file, which goes Pillow's way.

    The same libjpeg-turbo, the same bytes; but Pillow keeps four bytes a pixel and hands out three, which
    takes as long as decoding. OpenCV would fill what a broken file lacks with grey: only files that reach
    their end come here.
    """
    if image.format not in ("JPEG", "MPO") or image.mode != "RGB" or not _reaches_its_end(data):
        return None
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    decoded = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags)
    if decoded is None or decoded.shape != (image.height, image.width, 3):
        return None
    return profiles.rgb_to_srgb(np.asarray(decoded, dtype=np.uint8), _profile(image.info))


def _reaches_its_end(data: bytes) -> bool:
    """Whether clean headers lead to a scan and an end marker follows it (a thumbnail has its own, before)."""
    at = 2
    while data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] != b"\xda":
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return False
        at += 2 + length
    return data[at : at + 2] == b"\xff\xda" and at < data.rfind(b"\xff\xd9")


def _decode_heif(data: bytes, max_side_px: int) -> DecodedPhoto:
    """HEIC and HEIF without Pillow's plugin, which would copy every pixel twice more.

    libheif turns and crops as the container says (`irot`, `imir`, `clap`); the EXIF orientation beside it
    repeats that and must not be applied again.
    """
    # Phones write a grid of tiles, which are decoded side by side; one large picture is not.
    pillow_heif.options.DECODE_THREADS = threads.share()
    container = pillow_heif.open_heif(data, remove_stride=False)
    frame = container[container.primary_index]
    _refuse_pixel_bomb(*frame.size, "HEIF")
    metadata = Image.new("RGB", (1, 1))
    metadata.info = {key: value for key, value in frame.info.items() if key in ("exif", "xmp") and value}
    said = origin.declared(data, metadata)
    if frame.mode == "RGB":
        pixels = np.asarray(frame, dtype=np.uint8)[:, : frame.size[0]]
        pixels = profiles.rgb_to_srgb(pixels, _profile(frame.info))
    else:
        pixels = _to_rgb(frame.to_pillow())
    height, width = pixels.shape[:2]
    pixels = _resized(pixels, _target(width, height, max_side_px))
    return DecodedPhoto(np.ascontiguousarray(pixels), "HEIF", width, height, said.kind, said.evidence)


def _profile(info: Mapping[Any, Any]) -> bytes | None:
    found = info.get("icc_profile")
    return found if isinstance(found, bytes) else None


def _resized(pixels: SRGB8, size: tuple[int, int]) -> SRGB8:
    """To `size` (width, height), which is never larger."""
    if pixels.shape[1::-1] == size:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _target(width: int, height: int, max_side_px: int) -> tuple[int, int]:
    """The size whose longer side is at most `max_side_px`; never larger than the photo."""
    scale = min(1.0, max_side_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _orientation(image: Image.Image) -> int:
    """1..8 from EXIF or XMP; 1 where the metadata is missing or broken (a photo survives that)."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
        return value if isinstance(value, int) and value in _TURNS else 1
    except Exception:
        return 1


def _to_rgb(image: Image.Image) -> SRGB8:
    """First frame as 8-bit sRGB: 16-bit scaled, palette and alpha resolved, profile applied."""
    profile = _profile(image.info)
    image.load()
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.asarray(image, dtype=np.float32)
        image = Image.fromarray(np.clip(grey / 257.0 + 0.5, 0, 255).astype(np.uint8))
    if image.mode in ("P", "PA", "LA", "La", "RGBa") or (
        image.mode != "RGBA" and "transparency" in image.info
    ):
        image = image.convert("RGBA")
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    if alpha is not None or image.mode in ("1", "YCbCr", "LAB", "HSV", "RGBX"):
        image = image.convert("RGB")
    if image.mode == "RGB":
        # Read-only, which saves a copy of every pixel; nothing writes into a decoded photo.
        rgb = profiles.rgb_to_srgb(np.asarray(image, dtype=np.uint8), profile)
    else:
        rgb = profiles.to_srgb(image, profile)
    if alpha is None:
        return rgb
    paper = Image.new("RGB", image.size, _PAPER)
    paper.paste(Image.fromarray(rgb), mask=alpha)
    return np.array(paper, dtype=np.uint8)


def encode_jpeg(pixels: SRGB8, quality: int = 95) -> bytes:
    """(H, W, 3) uint8 sRGB to JPEG bytes without any metadata, full chroma resolution."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling="4:4:4")
    return out.getvalue()


def normalise(data: bytes, *, max_side_px: int = 4096, quality: int = 95) -> tuple[bytes, DecodedPhoto]:
    """What is stored of an uploaded photo: JPEG bytes, upright, sRGB, without metadata; and its pixels.

    Raises DecodeError as `decode_photo` does.
    """
    decoded = decode_photo(data, max_side_px=max_side_px)
    return encode_jpeg(decoded.pixels, quality), decoded
