"""Rules that the import linter cannot see."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGING = sorted((ROOT / "generation" / "imaging").rglob("*.py"))


def test_imaging_loads_without_django() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in IMAGING
        if path.name != "__init__.py"
    ]
    code = (
        "import importlib, sys\n"
        f"[importlib.import_module(name) for name in {modules!r}]\n"
        "bad = sorted({n.split('.')[0] for n in sys.modules} & {'django', 'redis', 'rq', 'storages'})\n"
        "sys.exit(f'loaded {bad}' if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]


def test_package_files_are_empty() -> None:
    assert [path for path in _own_files("__init__.py") if path.read_text()] == []


def _own_files(*suffixes: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT).stdout.split("\n")
    return [ROOT / name for name in listed if name.endswith(suffixes) and (ROOT / name).exists()]


def test_files_stay_readable() -> None:
    long = [
        f"{path.relative_to(ROOT)} has {count} lines"
        for path in _own_files(".py")
        if "migrations" not in path.parts
        if (count := len(path.read_text().splitlines())) > 420
    ]
    assert long == []


def test_only_one_place_enqueues() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in _own_files(".py")
        if "tests" not in path.parts and ".enqueue(" in path.read_text()
    ]
    assert found == ["portal/lib/jobs.py"]


def test_only_transitions_write_a_status() -> None:
    import re

    writes = re.compile(r"\.status = |update\([^)]*\bstatus=")
    found = [
        str(path.relative_to(ROOT))
        for path in _own_files(".py")
        if not {"tests", "imaging"} & set(path.parts) and writes.search(path.read_text())
    ]
    assert found == ["teams/transitions.py"]
