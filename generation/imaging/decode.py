"""Photos from strangers, decoded safely: bytes in, upright sRGB pixels without metadata out.

What a file is follows from its bytes, never from its name. Only the formats of `_SIGNATURES` reach a
decoder, sizes are read from the header before any pixel is decoded, and memory stays bounded: JPEG is
scaled down while it is decoded, the other formats have a lower pixel limit.
"""

import io
from functools import cache
from typing import Any, Final

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

from generation.imaging.errors import DecodeError
from generation.imaging.types import SRGB8, DecodedPhoto

# Originals of 50 MB are welcome; beyond this only a mistake or an attack.
MAX_BYTES: Final = 60_000_000
# 108 MP phone cameras write JPEG; it is decoded at a fraction of its size.
MAX_JPEG_PIXELS: Final = 110_000_000
# 50 MP phone cameras write HEIC; these formats are decoded at full size, 3 to 8 bytes a pixel.
MAX_OTHER_PIXELS: Final = 60_000_000
# Real camera profiles take up to about 0.6 MB; larger ones only cost time.
MAX_PROFILE_BYTES: Final = 2_000_000
# Codes of 255 by which a profile may differ from sRGB and still be taken as sRGB (rounding).
_PROFILE_TOLERANCE: Final = 1
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
_TURNS: Final[dict[int, tuple[Image.Transpose, ...]]] = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_ORIENTATION_TAG: Final = 0x0112


def decode_photo(data: bytes, *, max_side_px: int = 4096) -> DecodedPhoto:
    """Decode a photo upright to sRGB, its longer side at most `max_side_px`.

    Raises DecodeError with code `empty`, `too_many_bytes`, `unsupported_type` (data: `type`),
    `not_a_picture`, `too_many_pixels` (data: `megapixels`), `truncated` or `damaged`.
    """
    kind = sniff(data)
    if kind == "HEIF":
        _register_heif()
    try:
        with _open(data, kind) as image:
            width, height = image.size
            _refuse_pixel_bomb(width, height, kind)
            return _decode(image, width, height, max_side_px)
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


@cache
def _register_heif() -> None:
    pillow_heif.register_heif_opener(thumbnails=False)


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


def _decode(image: ImageFile.ImageFile, width: int, height: int, max_side_px: int) -> DecodedPhoto:
    kind = image.format or "?"
    orientation = _orientation(image)
    scale = min(1.0, max_side_px / max(width, height))
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    if kind in ("JPEG", "MPO"):
        # The DCT is evaluated at 1/2, 1/4 or 1/8 size, never below the size asked for.
        image.draft(None, target)
    picture = _to_rgb(image)
    if picture.size != target and scale < 1.0:
        picture = picture.resize(target, Image.Resampling.HAMMING)
    for turn in _TURNS.get(orientation, ()):
        picture = picture.transpose(turn)
    if orientation >= 5:
        width, height = height, width
    # A copy that owns its memory and nothing of the file.
    return DecodedPhoto(np.array(picture, dtype=np.uint8), kind, width, height)


def _orientation(image: Image.Image) -> int:
    """1..8 from EXIF or XMP; 1 where the metadata is missing or broken (a photo survives that)."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
        return value if isinstance(value, int) and value in _TURNS else 1
    except Exception:
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    """First frame as 8-bit RGB: 16-bit scaled, palette and alpha resolved, profile applied."""
    profile = image.info.get("icc_profile")
    image.load()
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.asarray(image, dtype=np.float32)
        image = Image.fromarray(np.clip(grey / 257.0, 0, 255).astype(np.uint8))
    if image.mode in ("P", "PA", "LA", "La", "RGBa") or (
        image.mode != "RGBA" and "transparency" in image.info
    ):
        image = image.convert("RGBA")
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    if alpha is not None or image.mode in ("1", "YCbCr", "LAB", "HSV", "RGBX"):
        opaque = image.convert("RGB")
    else:
        opaque = image
    rgb = _apply_profile(opaque, profile)
    if alpha is None:
        return rgb
    paper = Image.new("RGB", rgb.size, _PAPER)
    paper.paste(rgb, mask=alpha)
    return paper


@cache
def _srgb_profile() -> Any:
    return ImageCms.createProfile("sRGB")


@cache
def _probe() -> Image.Image:
    """9 x 9 x 9 colours spread over the cube, to see what a profile would change."""
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1)
    return Image.fromarray(grid.reshape(27, 27, 3))


def _apply_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours under an embedded ICC profile to sRGB; without (or with a broken one) a plain conversion."""
    if profile and len(profile) <= MAX_PROFILE_BYTES and image.mode in ("RGB", "CMYK", "L"):
        try:
            transform = ImageCms.buildTransform(
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                _srgb_profile(),
                image.mode,
                "RGB",
                ImageCms.Intent.RELATIVE_COLORIMETRIC,
                ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
            if image.mode == "RGB" and _changes_nothing(transform):
                return image
            changed = ImageCms.applyTransform(image, transform)
            return changed if changed is not None else image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            # A profile of another colour space or a damaged one: colours stay as they are.
            return image.convert("RGB")
    # Converting RGB to RGB would copy every pixel.
    return image if image.mode == "RGB" else image.convert("RGB")


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether the profile is sRGB under another name; saves a pass over all pixels."""
    before = np.asarray(_probe(), dtype=np.int16)
    after = np.asarray(ImageCms.applyTransform(_probe(), transform), dtype=np.int16)
    return bool(np.abs(after - before).max() <= _PROFILE_TOLERANCE)


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
