"""Whatever camera a photo comes from, it arrives upright, in sRGB, opaque and at a bounded size."""

import io

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from generation.imaging.decode import decode_photo
from generation.imaging.errors import DecodeError
from tests.imaging.icc import profile

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
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "HEIF", "AVIF"])
def test_every_camera_orientation_is_turned_upright(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(TURNS[orientation](QUARTERS))
    photo = decode_photo(saved(Image.fromarray(stored), kind, exif=exif.tobytes(), quality=95))
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


DISPLAY_P3 = profile((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), None)
ADOBE_RGB = profile((0.640, 0.330), (0.210, 0.710), (0.150, 0.060), 2.19921875)
WIDE_TABLE = profile((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), 1.8, table=True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("icc", [DISPLAY_P3, ADOBE_RGB, WIDE_TABLE], ids=["P3", "Adobe", "table"])
def test_wide_gamuts_become_srgb_as_the_colour_engine_says(kind: str, icc: bytes) -> None:
    """Reference: Little CMS through Pillow, on the very pixels that the decoder gives without a profile."""
    picture = Image.fromarray(QUARTERS)
    options = {"quality": 100} | ({"chroma": 444} if kind == "HEIF" else {})
    plain = decode_photo(saved(picture, kind, **options)).pixels
    expected = ImageCms.profileToProfile(
        Image.fromarray(plain),
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    found = decode_photo(saved(picture, kind, icc_profile=icc, **options)).pixels
    assert np.abs(found.astype(int) - plain).max() >= 10
    assert np.abs(found.astype(int) - np.asarray(expected)).max() <= 2


def test_greys_of_a_wide_gamut_stay_grey() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(8, axis=0)
    found = decode_photo(saved(Image.fromarray(ramp), "PNG", icc_profile=DISPLAY_P3)).pixels.astype(int)
    assert np.abs(found - ramp).max() <= 1


def test_sixteen_bits_a_channel_are_scaled_not_cut() -> None:
    codes = np.linspace(0, 65535, 256).round().astype(np.uint16)
    grey = codes[None, :].repeat(16, axis=0)
    pixels = decode_photo(saved(Image.fromarray(grey), "PNG")).pixels
    assert np.abs(pixels[8, :, 0].astype(int) - np.arange(256)).max() <= 1
    colour = np.stack([grey, grey[:, ::-1], grey], axis=-1)
    written = cv2.imencode(".png", np.ascontiguousarray(colour[..., ::-1]))[1].tobytes()
    pixels = decode_photo(written).pixels.astype(int)
    assert np.abs(pixels[8, :, 0] - np.arange(256)).max() <= 1
    assert np.abs(pixels[8, :, 1] - np.arange(255, -1, -1)).max() <= 1


def test_ten_bit_heic_is_scaled_to_eight() -> None:
    codes = (QUARTERS.astype(np.uint16) << 8) | QUARTERS
    file = pillow_heif.from_bytes("RGB;16", (96, 64), codes.tobytes())
    out = io.BytesIO()
    file.save(out, quality=95, chroma=444)
    assert pillow_heif.open_heif(out.getvalue()).info["bit_depth"] == 10
    assert_quarters(decode_photo(out.getvalue()).pixels)


def test_the_first_picture_of_a_stereo_pair_is_taken() -> None:
    other = Image.new("RGB", (96, 64), "black")
    out = io.BytesIO()
    Image.fromarray(QUARTERS).save(out, "MPO", quality=95, save_all=True, append_images=[other])
    photo = decode_photo(out.getvalue())
    assert photo.format == "MPO"
    assert_quarters(photo.pixels)


def test_a_cmyk_photo_with_its_press_profile_is_converted_not_inverted() -> None:
    pixels = decode_photo(saved(Image.fromarray(QUARTERS).convert("CMYK"), "JPEG", quality=95)).pixels
    assert_quarters(pixels, tolerance=20)


def test_heic_is_not_turned_twice() -> None:
    """The container turns the picture and EXIF repeats it; a decoder that obeys both lays people down."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(
        Image.fromarray(np.ascontiguousarray(np.rot90(QUARTERS, 1))), "HEIF", exif=exif.tobytes(), quality=95
    )
    photo = decode_photo(data)
    assert photo.pixels.shape == (64, 96, 3)
    assert_quarters(photo.pixels)


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
