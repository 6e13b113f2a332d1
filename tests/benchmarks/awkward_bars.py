"""Every awkward file, hostile ones too, through the photo check and through a whole shoot."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from branding.look import Look
from generation.imaging import shoot_folder
from generation.imaging.photocheck import check_file
from tests.benchmarks import material, probe
from tests.benchmarks.bars import Bar, Outcome, judge

# Processor seconds, so that a busy machine does not fail a file; more would be noticed as a hang.
CHECK_S: Final = 10.0
SHOOT_S: Final = 30.0
# What one file may add to a worker: a 60 MP picture takes 180 MB decoded, and some more while it is shrunk.
CHECK_MB: Final = 700.0
SHOOT_MB: Final = 1500.0
_SIZE: Final = (512, 640)


def bars(look: Look) -> list[Bar]:
    """Two bars; each names the slowest and the hungriest file."""
    files = material.files("awkward")
    with tempfile.TemporaryDirectory() as folder:
        shot = [_row(path, lambda one: _shoot(one, look, Path(folder))) for path in files]
    checked = [_row(path, lambda one: _check(one, look)) for path in files]
    return [
        _bar("photo check, every awkward file", "a verdict each", checked, CHECK_S, CHECK_MB),
        _bar("headshots of every awkward file", "a picture or a reason", shot, SHOOT_S, SHOOT_MB),
    ]


def _bar(name: str, asked: str, rows: Sequence[Any], longest: float, largest: float) -> Bar:
    bound = f"{asked}, <= {longest:g} CPU s, <= {largest:g} MB"
    return judge(name, bound, rows, _part, _bounded(longest, largest))


def _row(path: Path, work: Callable[[Path], tuple[str, list[str]]]) -> dict[str, Any]:
    name = path.relative_to(material.SHARED / "awkward").as_posix()
    before, started = probe.settled_mb(), time.process_time()
    probe.reset_peak()
    try:
        verdict, codes = work(path)
    except Exception as error:
        verdict, codes = "crash", [type(error).__name__]
    seconds, grown = time.process_time() - started, max(0.0, probe.peak_mb() - before)
    return {"name": name, "part": material.part_of(name), "verdict": verdict, "codes": codes,
            "seconds": seconds, "mb": grown}  # fmt: skip


def _check(path: Path, look: Look) -> tuple[str, list[str]]:
    report = check_file(path, path.name, look.framing).report
    return report.verdict, [reason.code for reason in report.reasons]


def _shoot(path: Path, look: Look, out: Path) -> tuple[str, list[str]]:
    order = shoot_folder.Order(path.stem, (path,), out, look, 0, 1, _SIZE)
    result, _ = shoot_folder.shoot(order)
    return result.status, [str(one["code"]) for one in result.reasons]


def _bounded(longest: float, largest: float) -> Callable[[Sequence[Any]], Outcome]:
    def outcome(some: Sequence[Any]) -> Outcome:
        known = ("accept", "warn", "reject", "ok", "failed")
        bad = [f"{row['name']} {row['verdict']}" for row in some if row["verdict"] not in known]
        bad += [f"{row['name']} gives no reason" for row in some
                if row["verdict"] in ("reject", "failed") and not row["codes"]]  # fmt: skip
        bad += [f"{row['name']}: something went wrong on our side" for row in some
                if "engine_failed" in row["codes"]]  # fmt: skip
        slow, big = max(some, key=lambda row: row["seconds"]), max(some, key=lambda row: row["mb"])
        text = (f"{len(some)} files, slowest {slow['name']} {slow['seconds']:.2f} CPU s, "
                f"hungriest {big['name']} {big['mb']:.0f} MB")  # fmt: skip
        return Outcome(text, not bad and slow["seconds"] <= longest and big["mb"] <= largest, tuple(bad[:6]))

    return outcome


def _part(row: Any) -> str:
    return str(row["part"])
