"""`manage.py check_photos`, as an operator runs it: in a process of its own, without any service."""

import json
import os
import subprocess
import sys
from pathlib import Path

from generation.imaging.decode import encode_jpeg
from tests.imaging.people import astronaut

ROOT = Path(__file__).resolve().parents[2]
# Addresses at which nobody answers: the command must not ask.
NO_SERVICES = {
    "DATABASE_URL": "postgres://nobody:secret@127.0.0.1:9/none",
    "DATABASE_OWNER_URL": "postgres://owner:secret@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
}


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check_photos", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env={**os.environ, **NO_SERVICES},
    )


def test_it_writes_verdicts_reasons_and_measures_of_every_file(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    (photos / "deeper").mkdir(parents=True)
    (photos / "good.jpg").write_bytes(encode_jpeg(astronaut()))
    (photos / "deeper" / "page.png").write_bytes(b"<html></html>")
    (photos / "deeper" / "empty.jpg").write_bytes(b"")
    (photos / ".DS_Store").write_bytes(b"hidden")
    done = run(str(photos), "--json", str(tmp_path / "out.json"))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())
    assert set(found) == {"photos"}
    by_file = {photo["file"]: photo for photo in found["photos"]}
    assert list(by_file) == ["deeper/empty.jpg", "deeper/page.png", "good.jpg"]
    assert all(set(photo) == {"file", "verdict", "reasons", "measures"} for photo in found["photos"])
    assert by_file["good.jpg"]["verdict"] in {"accept", "warn"}
    assert by_file["good.jpg"]["measures"]["sharpness"] > 0.7
    assert by_file["deeper/page.png"]["verdict"] == "reject"
    (reason,) = by_file["deeper/page.png"]["reasons"]
    assert reason == {
        "code": "not_a_picture",
        "message": "This file is not a photo. Send a JPEG, PNG, WebP or HEIC photo.",
    }


def test_progress_goes_to_stderr_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "good.jpg").write_bytes(encode_jpeg(astronaut()))
    done = run(str(tmp_path), "--json", str(tmp_path / "out.json"))
    lines = done.stderr.strip().splitlines()
    assert done.stdout == ""
    assert lines[0].startswith("1/1")
    assert "good.jpg" in lines[0]
    assert "1 photos" in lines[-1] or "1 photo" in lines[-1]
    assert len(lines) == 2


def test_misuse_is_one_clear_sentence_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    file = tmp_path / "photo.jpg"
    file.write_bytes(encode_jpeg(astronaut()))
    out = str(tmp_path / "out.json")
    for arguments, words in (
        ((str(tmp_path / "nowhere"), "--json", out), "There is no folder"),
        ((str(file), "--json", out), "is not a folder"),
        ((str(tmp_path / "empty"), "--json", out), "There are no files"),
        ((str(tmp_path), "--json", str(tmp_path / "nowhere" / "out.json")), "There is no folder"),
        ((str(tmp_path), "--json", str(tmp_path / "empty")), "is a folder"),
        ((str(tmp_path),), "--json"),
        ((), "DIR"),
    ):
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert not Path(out).exists()


def test_a_file_that_may_not_be_read_is_one_refusal_among_others(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "missing.jpg")
    (tmp_path / "large.jpg").touch()
    os.truncate(tmp_path / "large.jpg", 80_000_000)
    done = run(str(tmp_path), "--json", str(tmp_path / "out.json"))
    assert done.returncode == 0, done.stderr
    (photo,) = json.loads((tmp_path / "out.json").read_text())["photos"]
    assert photo["file"] == "large.jpg"
    assert photo["reasons"][0]["code"] == "too_many_bytes"
    assert "80 MB" in photo["reasons"][0]["message"]
