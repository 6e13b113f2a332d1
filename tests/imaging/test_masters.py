"""Master layers as files: the same picture again, small, and readable for as long as they are kept."""

import io
import json
import zipfile
from dataclasses import replace

import cv2
import numpy as np
import pytest

from branding.look import STARTERS, Look
from generation.imaging import codes, color, run
from generation.imaging.errors import DecodeError
from generation.imaging.finishing import masters
from generation.imaging.types import MasterLayers
from tests.imaging import people

SIZE = (256, 320)


def _first_format(master: MasterLayers) -> bytes:
    """As the first release stored it: one 16-bit PNG of all channels."""
    code = np.rint(color.linear_to_srgb(np.clip(master.foreground, 0, 1)) * 65535).astype(np.uint16)
    alpha = np.rint(master.alpha * 65535).astype(np.uint16)
    png = cv2.imencode(".png", np.dstack([code[..., ::-1], alpha]))[1].tobytes()
    light = master.light
    about = {
        "format": 1,
        "landmarks": master.landmarks.tolist(),
        "light": [light.azimuth_deg, light.elevation_deg, light.key_fill_ratio, light.temperature_k],
        "unsure": master.unsure,
        "photo": master.photo,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("layers.png", png)
        archive.writestr("master.json", json.dumps(about))
    return out.getvalue()


def test_a_loaded_master_is_the_very_same() -> None:
    master = people.master()
    loaded = masters.load_master(masters.save_master(master))
    np.testing.assert_array_equal(loaded.foreground, master.foreground)
    np.testing.assert_array_equal(loaded.alpha, master.alpha)
    np.testing.assert_array_equal(loaded.landmarks, master.landmarks)
    assert (loaded.light, loaded.photo, loaded.unsure) == (master.light, master.photo, master.unsure)


@pytest.mark.parametrize("name", list(STARTERS))
def test_a_loaded_master_gives_the_same_picture_in_every_style(name: str) -> None:
    master, look = people.master(), STARTERS[name]
    loaded = masters.load_master(masters.save_master(master))
    np.testing.assert_array_equal(run.finish(loaded, look, SIZE), run.finish(master, look, SIZE))


def test_sixteen_bits_survive_where_somebody_stands() -> None:
    """Half-transparent hair is no 8-bit colour; a plain 8-bit file would round it."""
    rng = np.random.default_rng(0)
    alpha = np.zeros((60, 40), np.float32)
    alpha[10:50, 10:30] = 0.5
    colour = codes.settle(rng.random((60, 40, 3), np.float32), alpha)
    master = replace(people.master(), foreground=colour, alpha=np.rint(alpha * 65535) / np.float32(65535))
    loaded = masters.load_master(masters.save_master(master))
    np.testing.assert_array_equal(loaded.foreground, colour)
    there = colour[alpha > 0]
    assert np.abs(there - color.srgb8_to_linear(color.linear_to_srgb8(there))).max() > 1e-4


def test_settling_twice_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    alpha = rng.random((30, 30), np.float32)
    once = codes.settle(rng.random((30, 30, 3), np.float32), alpha)
    np.testing.assert_array_equal(codes.settle(once, alpha), once)


def test_the_first_format_is_still_read() -> None:
    master = people.master()
    # It knew no tint.
    master = replace(master, light=replace(master.light, tint=0.0))
    loaded = masters.load_master(_first_format(master))
    assert np.abs(loaded.foreground - master.foreground).max() < 2e-4
    assert people.difference(run.finish(loaded, Look(), SIZE), run.finish(master, Look(), SIZE)) <= 1


def test_masters_are_smaller_than_the_first_format() -> None:
    master = people.master("portraits/byron-donalds.jpg")
    assert len(masters.save_master(master)) < 0.75 * len(_first_format(master))


def test_the_same_master_is_the_same_bytes_and_names_its_photo() -> None:
    content = masters.save_master(people.master())
    assert content == masters.save_master(people.master())
    assert masters.photo_of(content) == people.master().photo


def test_light_on_the_framed_pixels_is_the_light_on_all_of_the_masters() -> None:
    """Against the gain worked out at every pixel of the master, as the first release did."""
    from generation.imaging import rig
    from generation.imaging.finishing import framing, sample
    from generation.imaging.finishing.vary import Variation

    master, look, size = people.master(), STARTERS["legal"], (819, 1024)
    laid = framing.frame_person(master.alpha, master.landmarks, look.framing, size)
    matrix, gain = rig.lighting(master, look, Variation())
    foreground, alpha = sample.sampled(master, matrix, laid)
    fast = sample.lit(foreground, gain, laid, master.alpha.shape)
    full = cv2.resize(gain, master.alpha.shape[::-1], interpolation=cv2.INTER_CUBIC)
    lit = np.maximum(master.foreground @ matrix.T, 0) * full
    slow, _ = sample.sampled(replace(master, foreground=lit), np.eye(3), laid)
    codes = [color.linear_to_srgb(np.clip(one[alpha > 0], 0, 1)) * 255 for one in (fast, slow)]
    difference = np.abs(codes[0] - codes[1])
    # The most is a pixel of the edge: where it falls, moves with the frame (8 to 9.3 codes).
    assert np.quantile(difference, 0.998) <= 1.5 and difference.max() <= 10.0


@pytest.mark.parametrize("content", [b"", b"PK nonsense", b"\x89PNG\r\n"])
def test_a_damaged_master_says_so(content: bytes) -> None:
    with pytest.raises(DecodeError):
        masters.load_master(content)
    with pytest.raises(DecodeError):
        masters.photo_of(content)


@pytest.mark.parametrize("name", ["high.png", "low.png", "alpha.png", "master.json"])
def test_a_master_with_a_missing_or_wrong_part_says_so(name: str) -> None:
    content = masters.save_master(people.master())
    for part in (b"", b"nonsense", cv2.imencode(".png", np.zeros((3, 3), np.uint8))[1].tobytes()):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
            for entry in old.namelist():
                new.writestr(entry, part if entry == name else old.read(entry))
        with pytest.raises(DecodeError):
            masters.load_master(out.getvalue())
