"""`manage.py headshots`: files, report, page and exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from branding.look import Look
from generation.imaging import consistency, photocheck, shoot_folder
from generation.imaging.report import PersonResult
from generation.management.commands import headshots
from tests.imaging import people
from tests.imaging.test_consistency import TEAM

ROOT = Path(__file__).resolve().parents[2]


def _headshots(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "headshots", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)


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


def _pictures(out: Path) -> dict[str, bytes]:
    return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*.png"))}


@pytest.mark.slow
def test_the_same_photos_and_seed_are_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    folder = tmp_path / "people"
    (folder / "Byron").mkdir(parents=True)
    for at, photo in enumerate(
        ("portraits/byron-donalds.jpg", "identities/congress_pairs/byron-donalds__2024.jpg")
    ):
        (folder / "Byron" / f"{at}.jpg").symlink_to(people.shared(photo))
    (folder / "Grace.jpg").symlink_to(people.shared("portraits/grace-meng.jpg"))
    small = ("--size", "320x400", "--count", 3, "--seed", 9)
    outs = [tmp_path / "one", tmp_path / "two"]
    for out, workers in zip(outs, (1, 2), strict=True):
        done = _headshots(folder, "--out", out, *small, "--workers", workers)
        assert done.returncode == 0, done.stderr
        assert " left" in done.stdout
    one, two = (_pictures(out) for out in outs)
    assert len(one) >= 4 and one == two
    reports = [json.loads((out / "report.json").read_text()) for out in outs]
    for report in reports:
        report.pop("seconds")
        for person in report["people"]:
            for candidate in person["candidates"]:
                candidate.pop("seconds")
    assert reports[0] == reports[1]
    assert (outs[0] / "team.html").read_bytes() == (outs[1] / "team.html").read_bytes()
    # Fewer than before: nothing of the earlier run stays among them.
    done = _headshots(folder, "--out", outs[0], "--size", "320x400", "--count", 1, "--workers", 1)
    assert done.returncode == 0
    assert sorted(_pictures(outs[0])) == ["Byron/01.png", "Grace/01.png"]


def test_what_goes_wrong_with_one_person_is_theirs_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise IndexError("a bug of ours")

    monkeypatch.setattr(photocheck, "check_file", broken)
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"")
    order = shoot_folder.Order("Ada", (photo,), tmp_path, Look(), 0, 1, (160, 200))
    result, shown = shoot_folder.shoot(order)
    assert (result.status, shown) == ("failed", None)
    assert result.reasons[0]["code"] == "engine_failed"
    assert result.reasons[0]["detail"] == "IndexError: a bug of ours"


def _dies(order: shoot_folder.Order) -> tuple[PersonResult, None]:
    """Stands in for a worker that the kernel ends for want of memory."""
    if order.person == "Ben":
        os._exit(9)
    return PersonResult(order.person, "ok"), None


def test_a_worker_that_dies_takes_only_its_own_person_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headshots, "shoot", _dies)
    orders = [
        shoot_folder.Order(name, (), tmp_path, Look(), 0, 1, (160, 200)) for name in ("Ada", "Ben", "Cleo")
    ]
    outcomes = {result.person: result for result, _ in headshots._work(orders, 2)}
    assert {name: one.status for name, one in outcomes.items()} == {
        "Ada": "ok",
        "Ben": "failed",
        "Cleo": "ok",
    }
    assert outcomes["Ben"].reasons[0]["message"]


def test_the_folder_of_results_is_nobody(tmp_path: Path) -> None:
    for name in ("Ada", "out", ".git"):
        (tmp_path / name).mkdir()
    (tmp_path / "Ben.jpg").write_bytes(b"")
    (tmp_path / "Ben.png").write_bytes(b"")
    found = shoot_folder.find_people(tmp_path, tmp_path / "out")
    assert {name: len(photos) for name, photos in found.items()} == {"Ada": 0, "Ben": 2}


def test_an_earlier_report_is_a_reference_and_other_files_are_misuse(tmp_path: Path) -> None:
    team = consistency.measure(TEAM, Look())
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"consistency": team}))
    found = headshots._reference(report)
    assert found is not None and found["centers"] == team["reference"]["centers"]
    for content in ("", "[]", "{}", '{"consistency": {"reference": null}}'):
        report.write_text(content)
        with pytest.raises(CommandError) as refused:
            headshots._reference(report)
        assert refused.value.returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--size", "big"),
        ("--reference", "nope.json"),
        ("--style", "nope"),
        ("--engine", "nope"),
        ("--count", "0"),
        (),
    ],
)
def test_misuse_is_two(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The last case names a folder that is not there."""
    folder = tmp_path if arguments else tmp_path / "nowhere"
    (tmp_path / "x.jpg").write_bytes(b"")
    done = _headshots(folder, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
