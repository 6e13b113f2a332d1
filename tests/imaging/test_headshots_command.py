"""`manage.py headshots`: files, report, page and exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imaging import people

ROOT = Path(__file__).resolve().parents[2]


def _headshots(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "headshots", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)


@pytest.mark.slow
def test_everybody_who_can_gets_a_headshot_and_the_rest_a_reason(tmp_path: Path) -> None:
    folder, out = tmp_path / "people", tmp_path / "out"
    (folder / "Byron").mkdir(parents=True)
    (folder / "Byron" / "a.jpg").symlink_to(people.shared("portraits/byron-donalds.jpg"))
    (folder / "Broken.jpg").write_bytes(b"not a photo")
    done = _headshots(folder, "--out", out, "--size", "320x400", "--count", 2, "--workers", 1)
    assert done.returncode == 3, done.stderr
    assert "[2/2]" in done.stdout
    report = json.loads((out / "report.json").read_text())
    assert {"style", "engine", "version", "people", "consistency", "seconds"} <= report.keys()
    broken, byron = report["people"]
    assert (broken["status"], byron["status"]) == ("failed", "ok")
    assert broken["reasons"][0]["message"]
    best = byron["candidates"][0]
    assert best["file"] == "Byron/01.png" and (out / best["file"]).is_file()
    assert best["rank"] == 1 and best["source"] == "retouched"
    assert set(best["light"]) == {"azimuth_deg", "elevation_deg", "key_fill_ratio", "temperature_k"}
    assert set(best["framing"]) == {"eye_line", "head_height", "roll_deg"}
    page = (out / "team.html").read_text()
    assert "data:image/jpeg;base64," in page and "http" not in page


@pytest.mark.parametrize(
    "arguments",
    [("--size", "big"), ("--style", "nope"), ("--engine", "nope"), ("--count", "0"), ()],
)
def test_misuse_is_two(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The last case names a folder that is not there."""
    folder = tmp_path if arguments else tmp_path / "nowhere"
    (tmp_path / "x.jpg").write_bytes(b"")
    done = _headshots(folder, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
