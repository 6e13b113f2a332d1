"""`headshots --style FILE`: a style with a room and a table beside it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from branding.look import Look
from generation.imaging import stylefile
from generation.imaging.finishing import backdrop, grade
from generation.imaging.samples import portrait_files
from generation.management import arguments
from generation.management.spawning import in_processes
from tests.imaging import rooms
from tests.imaging.test_lut import cube, grid

ROOT = Path(__file__).resolve().parents[2]


def _style(folder: Path, **more: Any) -> Path:
    (folder / "rooms").mkdir(exist_ok=True)
    (folder / "rooms" / "lobby.jpg").write_bytes(rooms.room_jpeg())
    (folder / "warm.cube").write_bytes(cube(grid(3) ** np.array([0.9, 1.0, 1.1])))
    values = {"backdrop": {"kind": "office", "image": "rooms/lobby.jpg"}, "grade": {"lut": "warm.cube"}}
    path = folder / "lobby.json"
    path.write_text(json.dumps({**values, **more}))
    return path


def test_files_are_named_by_content_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = stylefile.read(_style(tmp_path)), stylefile.read(_style(tmp_path / "other"))
    assert one == other and len(one.backdrop.image) == len(one.grade.lut) == 64
    assert backdrop.plate(one.backdrop, (82, 102)).std() > 0.05


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"backdrop": {"kind": "office", "image": "nowhere.jpg"}}, "there is no file"),
        ({"backdrop": {"kind": "office", "image": "a" * 64}}, "an id of the portal means nothing here"),
        ({"backdrop": {"kind": "office", "image": "warm.cube"}}, "not a photo"),
        ({"backdrop": {"kind": "office"}}, "needs an uploaded picture"),
        ({"grade": {"lut": "lobby.json"}}, "Line 1 cannot be read"),
        ({"grade": "flat"}, "is not a style"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, values: dict[str, Any], told: str) -> None:
    with pytest.raises(stylefile.StyleFileError, match=told):
        stylefile.read(_style(tmp_path, **values))


def test_no_json_is_said(tmp_path: Path) -> None:
    (tmp_path / "style.json").write_text("{")
    with pytest.raises(stylefile.StyleFileError, match="not a JSON file"):
        stylefile.read(tmp_path / "style.json")


@pytest.mark.slow
def test_the_command_renders_the_room_in_its_worker_processes(tmp_path: Path) -> None:
    folder, out, style = tmp_path / "people", tmp_path / "out", _style(tmp_path)
    folder.mkdir()
    portrait = portrait_files()["grace-hopper.png"]
    for name in ("Grace", "Grace too"):
        (folder / f"{name}.png").write_bytes(portrait)
    command = [sys.executable, "manage.py", "headshots", str(folder), "--out", str(out)]
    command += ["--style", str(style), "--size", "320x400", "--count", "1", "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    look: Look = stylefile.read(style)
    plate = grade.to_8_bit(grade.grade(backdrop.plate(look.backdrop, (320, 400)), look.grade))
    for person in ("Grace", "Grace too"):
        shown = np.asarray(Image.open(out / person / "01.png").convert("RGB"))
        np.testing.assert_array_equal(shown[:20, :40], plate[:20, :40])


def _spread(look: Look) -> float:
    return float(backdrop.plate(look.backdrop, (41, 51)).std())


def test_every_command_and_its_worker_processes_know_the_files_of_a_style(tmp_path: Path) -> None:
    """The fairness report read styles by itself and refused one with a room."""
    look = arguments.look(str(_style(tmp_path)), None)
    assert [one > 0.05 for one in in_processes(_spread, [look, look], 2)] == [True, True]
