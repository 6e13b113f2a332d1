"""Whatever camera a photo comes from, it arrives upright, in sRGB, opaque and at a bounded size."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from generation.imaging.decode import decode_photo
from generation.imaging.errors import DecodeError

pillow_heif.register_heif_opener()
# Four plain quarters: red green / blue grey. Every turn and every colour mistake shows.
QUARTERS = np.zeros((64, 96, 3), dtype=np.uint8)
QUARTERS[:32, :48] = (200, 30, 30)
QUARTERS[:32, 48:] = (30, 180, 30)
QUARTERS[32:, :48] = (30, 30, 200)
QUARTERS[32:, 48:] = (128, 128, 128)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def corners(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    return pixels[
        [height // 4, height // 4, -height // 4, -height // 4], [width // 4, -width // 4] * 2
    ].astype(int)


def assert_quarters(pixels: np.ndarray, tolerance: int = 12) -> None:
    assert np.abs(corners(pixels) - corners(QUARTERS)).max() <= tolerance


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"quality": 95}),
        ("HEIF", {"quality": 95}),
        ("AVIF", {"quality": 95}),
        ("BMP", {}),
    ],
)
def test_each_format_gives_the_same_picture(kind: str, options: dict[str, object]) -> None:
    photo = decode_photo(saved(Image.fromarray(QUARTERS), kind, **options))
    assert photo.format == kind
    assert (photo.original_width_px, photo.original_height_px) == (96, 64)
    assert photo.pixels.dtype == np.uint8
    assert_quarters(photo.pixels)


@pytest.mark.parametrize("mode", ["CMYK", "P", "RGBA", "LA", "L", "1", "I;16"])
def test_other_colour_modes_become_rgb(mode: str) -> None:
    if mode == "I;16":
        grey = np.asarray(Image.fromarray(QUARTERS).convert("L"), dtype=np.uint16) * 257
        data, expected = saved(Image.fromarray(grey), "PNG"), Image.fromarray(QUARTERS).convert("L")
    else:
        picture = Image.fromarray(QUARTERS).convert(mode)
        data, expected = saved(picture, "JPEG" if mode == "CMYK" else "PNG"), picture
    pixels = decode_photo(data).pixels
    assert pixels.shape == (64, 96, 3)
    assert np.abs(corners(pixels) - corners(np.asarray(expected.convert("RGB")))).max() <= 12


def test_transparent_parts_lie_on_white() -> None:
    picture = Image.new("RGBA", (32, 32), (10, 10, 10, 0))
    picture.paste((200, 30, 30, 255), (0, 0, 16, 32))
    pixels = decode_photo(saved(picture, "PNG")).pixels
    assert tuple(pixels[16, 4]) == (200, 30, 30)
    assert tuple(pixels[16, 28]) == (255, 255, 255)


TURNS = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, 1),
    7: lambda p: p.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda p: np.rot90(p, -1),
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_every_camera_orientation_is_turned_upright(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(TURNS[orientation](QUARTERS))
    photo = decode_photo(saved(Image.fromarray(stored), kind, exif=exif, quality=95))
    assert photo.pixels.shape == QUARTERS.shape
    assert (photo.original_width_px, photo.original_height_px) == (96, 64)
    assert_quarters(photo.pixels)


def swapped_profile() -> bytes:
    """An sRGB profile whose red and blue primaries have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    entries = {}
    for index in range(int.from_bytes(profile[128:132], "big")):
        at = 132 + 12 * index
        entries[bytes(profile[at : at + 4])] = at
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_embedded_profile_is_applied(kind: str) -> None:
    data = saved(Image.fromarray(QUARTERS), kind, icc_profile=swapped_profile(), quality=95)
    assert np.abs(corners(decode_photo(data).pixels) - corners(QUARTERS[..., ::-1])).max() <= 14


def test_a_broken_profile_leaves_the_colours() -> None:
    assert_quarters(
        decode_photo(saved(Image.fromarray(QUARTERS), "PNG", icc_profile=b"not a profile")).pixels
    )


def test_large_photos_are_scaled_down_and_keep_their_true_size() -> None:
    data = saved(Image.fromarray(QUARTERS).resize((3000, 2000), Image.Resampling.NEAREST), "JPEG")
    photo = decode_photo(data, max_side_px=600)
    assert photo.pixels.shape == (400, 600, 3)
    assert (photo.original_width_px, photo.original_height_px) == (3000, 2000)
    assert_quarters(photo.pixels)


def test_the_name_and_the_extension_play_no_part() -> None:
    assert decode_photo(saved(Image.fromarray(QUARTERS), "PNG")).format == "PNG"
    with pytest.raises(DecodeError) as refused:
        decode_photo(b"<html>photo.jpg</html>")
    assert refused.value.code == "not_a_picture"
