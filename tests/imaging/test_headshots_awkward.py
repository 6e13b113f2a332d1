"""`manage.py headshots` with files that want to do harm: everybody gets a picture or a reason."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imaging.people import PHOTOS, files, needs_photos
from tests.imaging.test_photo_check_labels import AWKWARD

ROOT = Path(__file__).resolve().parents[2]
# Far above what the command takes on a loaded machine: only a hang gets there.
HANG_S = 900
# One 81 MP photo among them; a worker that takes more than this would be killed beside others.
MOST_MB = 1500
# The command as an operator runs it, which says at its end what it took at most: VmHWM, since ru_maxrss
# also counts what the process that started it had taken.
COMMAND = (
    "import re, sys\n"
    "from django.core.management import execute_from_command_line\n"
    "try:\n"
    "    execute_from_command_line(['manage.py', *sys.argv[1:]])\n"
    "finally:\n"
    "    print('PEAK', int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024)\n"
)
USABLE = ("awkward/generated/portrait.heic", "awkward/generated/huge_81MP.jpg")


def awkward() -> list[str]:
    """All that is not plainly usable: photos that only make headshots would make this take minutes."""
    refused = [f"awkward/{name}" for name, (verdicts, _) in AWKWARD.items() if verdicts == {"reject"}]
    return sorted({*files("awkward/hostile"), *files("awkward/formats"), *refused, *USABLE})


@needs_photos
@pytest.mark.slow
def test_every_awkward_file_ends_in_a_picture_or_a_reason(tmp_path: Path) -> None:
    folder, out = tmp_path / "people", tmp_path / "out"
    folder.mkdir()
    for path in awkward():
        person = folder / path.replace("/", "_")
        person.mkdir()
        (person / Path(path).name).symlink_to(PHOTOS / path)
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "headshots", str(folder), "--out", str(out), "--count", "1",
         "--size", "320x400", "--workers", "1"],
        capture_output=True, text=True, cwd=ROOT, timeout=HANG_S,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"},
    )  # fmt: skip
    assert done.returncode == 3, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    people = {person["person"]: person for person in json.loads((out / "report.json").read_text())["people"]}
    assert set(people) == {path.replace("/", "_") for path in awkward()}
    for name, person in people.items():
        if person["status"] == "ok":
            assert person["candidates"], name
        else:
            assert person["reasons"] and all(reason["message"] for reason in person["reasons"]), name
            assert "engine_failed" not in [reason["code"] for reason in person["reasons"]], name
    for path in USABLE:
        assert people[path.replace("/", "_")]["status"] == "ok"
    assert not [name for name in people if "hostile" in name and people[name]["status"] == "ok"]
    peak = int(done.stdout.rpartition("PEAK")[2])
    assert peak < MOST_MB
