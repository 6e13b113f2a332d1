"""`make bench-imaging`: seconds, megapixels and peak memory per stage, the budget, a naive composition.

Every group runs in a fresh process, so that no measure finds another's models or memory.

    python -m tests.benchmarks.bench_imaging [--rounds 3] [--only GROUP] [--json FILE]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from generation.imaging import threads
from tests.benchmarks import machine, probe, yardsticks

Rows = list[dict[str, Any]]
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
# The budget of IMAGING.md's last section.
CHECK_S, PREVIEW_S, FINALS_S, MEMORY_MB = 0.25, 0.7, 12.0, 1500.0
_METHOD: Final = (
    "Wall seconds: median of {rounds} rounds after one warm-up; CPU: what of it this process computed, over\n"
    "all its threads. Peak extra: the kernel's high-water mark of resident memory (VmHWM, reset per stage)\n"
    "over what was resident before. Every group runs in a fresh process."
)
# Pictures of a throughput run: enough that both workers are busy most of the time.
_PICTURES: Final = 4


def stage_group(rounds: int) -> Rows:
    """Each stage of the pipeline."""
    from tests.benchmarks import stages

    return [
        {"name": stage.name, "megapixels": stage.megapixels, **probe.measure(stage.work, rounds).row()}
        for stage in stages.stages()
    ]


def naive_group(rounds: int) -> Rows:
    """Product against naive composition, in turn."""
    from tests.benchmarks import naive

    rows = []
    for one in naive.contests():
        product = probe.measure(one.product, rounds)
        plain = probe.measure(one.naive, min(rounds, 2), warm_up=1)
        rows.append({"name": one.name, "what": one.what, "product": product.row(), "naive": plain.row()})
    return rows


def check_group(rounds: int) -> Rows:
    """The photo check of a 12 MP JPEG and HEIC, with decoding. A HEIC of tiles is what phones write; one that
    is a single picture decodes on one core."""
    from branding.look import Look
    from generation.imaging.photocheck import check_photo
    from tests.benchmarks import material

    rows = []
    threads.limit(threads.each(1))
    for kind in ("JPEG", "tiled HEIF", "HEIF"):
        data = material.phone_photo(0, kind)
        figure = probe.measure(lambda data=data: check_photo(data, "a", Look().framing), max(rounds, 5))
        name = f"photo check of a 12 MP {kind}, {len(data) / 1e6:.1f} MB, with decoding"
        rows.append({"name": name, "budget": CHECK_S, **figure.row()})
    return rows


def preview_group(rounds: int) -> Rows:
    """A preview 640 px high: from a photo's bytes, and in another style from its master."""
    from branding.look import STARTERS, Look
    from generation.imaging import run
    from tests.benchmarks import material

    photo = material.checked_phone_photos(1)[0]
    master = run.develop(photo)
    again = probe.measure(lambda: run.finish(master, STARTERS["legal"], run.PREVIEW_SIZE), rounds)
    first = probe.measure(lambda: run.finish(run.develop(photo), Look(), run.PREVIEW_SIZE), rounds)
    return [
        {"name": "preview 640 px in a new style, from the master", "budget": PREVIEW_S, **again.row()},
        {"name": "preview 640 px from a checked photo (no budget)", "budget": None, **first.row()},
    ]


def finals_group(rounds: int) -> Rows:
    """Four finals from four 12 MP files of the wheel's portrait, which hold near-copies of each other."""
    del rounds
    from tests.benchmarks import material

    files = tuple(material.phone_photo(index) for index in range(4))
    material.phone_photo.cache_clear()
    return _finals(files, "4 photos to 4 finals at 1638 x 2048, files to PNG")


def differing_group(rounds: int) -> Rows:
    """The same from four files that show four moments, so that none is a near-copy; needs shared photos."""
    del rounds
    from tests.benchmarks import material

    files = material.differing_photos()
    return _finals(files, "the same, of 4 photos that all differ") if files else []


def _finals(files: tuple[bytes, ...], name: str) -> Rows:
    """As the command makes them: check, develop, finish, gates, PNG.

    One round; a warm-up of one small picture has loaded the models.
    """
    from branding.look import Look
    from generation.imaging import run, shoot_folder

    developed = []
    develop = run.develop
    run.develop = lambda photo: [develop(photo), developed.append(photo.name)][0]
    with tempfile.TemporaryDirectory() as where:
        folder, shown = Path(where), []
        photos = tuple(folder / f"{index + 1}.jpg" for index in range(len(files)))
        for photo, content in zip(photos, files, strict=True):
            photo.write_bytes(content)
        del content
        out, share = folder / "out", threads.each(1)
        order = shoot_folder.Order("one", photos, out, Look(), 0, 4, run.FINAL_SIZE, share)
        small = replace(order, person="warm", photos=photos[:1], count=1, size=(160, 200))
        shoot_folder.shoot(small)
        developed.clear()
        figure = probe.measure(lambda: shown.append(shoot_folder.shoot(order)[0]), 1, warm_up=0)
    made = f"{name} ({len(developed)} developed, {len(shown[0].candidates)} shown)"
    return [
        {"name": made, "budget": FINALS_S, **figure.row()},
        {"name": "memory of that process at its peak", "budget_mb": MEMORY_MB, **figure.row()},
    ]


def one_worker(folder: str) -> None:
    """Take pictures from a folder of jobs until none is left: a worker of the throughput run."""
    from branding.look import Look
    from generation.imaging import photocheck, run
    from generation.imaging.finishing.encode import png
    from tests.benchmarks import material

    if "OMP_NUM_THREADS" in os.environ:
        threads.limit(int(os.environ["OMP_NUM_THREADS"]))
    data, jobs = material.phone_photo(0), Path(folder)

    def work() -> None:
        photo = photocheck.check_photo(data, "a", Look().framing)
        png(run.finish(run.develop(photo), Look(), run.FINAL_SIZE))

    work()
    busy = time.process_time()
    (jobs / f"ready-{os.getpid()}").touch()
    while not (jobs / "go").exists():
        time.sleep(0.01)
    for job in sorted(jobs.glob("job-*")):
        try:
            job.rename(job.with_name(f"taken-{job.name}"))
        except FileNotFoundError:
            continue
        work()
    (jobs / f"busy-{os.getpid()}").write_text(str(time.process_time() - busy))


def throughput(workers: int, threads: int | None) -> dict[str, Any]:
    """Finals (file to PNG) of `workers` processes; `threads` None leaves the libraries alone.

    Per minute by the clock, which whoever else uses the machine slows, and processor seconds a picture,
    which they hardly do: rows that were taken under different loads are compared by those.
    """
    environment = {**os.environ, **({name: str(threads) for name in _THREADS} if threads else {})}
    with tempfile.TemporaryDirectory() as folder:
        jobs = Path(folder)
        for index in range(_PICTURES):
            (jobs / f"job-{index}").touch()
        command = [sys.executable, "-m", __spec__.name if __spec__ else __name__, "--worker", folder]
        running = [
            subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for _ in range(workers)
        ]
        while len(list(jobs.glob("ready-*"))) < workers:
            if any(one.poll() is not None for one in running):
                raise RuntimeError("a worker ended before it began")
            time.sleep(0.02)
        load, started = os.getloadavg()[0], time.perf_counter()
        (jobs / "go").touch()
        if any(one.wait() for one in running):
            raise RuntimeError("a worker failed")
        seconds = time.perf_counter() - started
        busy = sum(float(file.read_text()) for file in jobs.glob("busy-*"))
    how = "threads left alone" if threads is None else f"{threads} thread{'s' * (threads > 1)} each"
    return {"name": f"{workers} worker{'s' * (workers > 1)}, {how}", "seconds": seconds, "load": load,
            "per_minute": 60 * _PICTURES / seconds, "cpu_each": busy / _PICTURES}  # fmt: skip


def yardstick_group(rounds: int) -> Rows:
    """The machine, by libraries alone."""
    threads.limit(threads.each(1))
    return yardsticks.rows(rounds)


GROUPS: Final[dict[str, Callable[[int], Rows]]] = {
    "machine": yardstick_group,
    "check": check_group,
    "preview": preview_group,
    "finals": finals_group,
    "differing": differing_group,
    "stages": stage_group,
    "naive": naive_group,
}


def in_a_fresh_process(group: str, rounds: int) -> Rows:
    """The rows of a group, measured by a child of its own. Raises RuntimeError with its last words."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.bench_imaging",
        "--group",
        group,
        "--rounds",
        str(rounds),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{group}: " + "\n".join(done.stderr.strip().splitlines()[-3:]))
    rows: Rows = json.loads(done.stdout.strip().splitlines()[-1])
    return rows


def say_headline(rows: Rows) -> tuple[int, int]:
    """Print the budget table; returns passed and failed."""
    passed = failed = 0
    print(f"\n{'Budget (IMAGING.md)':<62} {'measured':>10} {'CPU s':>7} {'budget':>9}")
    for row in rows:
        memory = "budget_mb" in row
        bound = row.get("budget_mb") if memory else row["budget"]
        value = row["peak_mb"] if memory else row["seconds"]
        unit = "MB" if memory else "s"
        digits = 0 if memory else 2
        word = "" if bound is None else "pass" if value <= bound else "FAIL"
        passed, failed = passed + (word == "pass"), failed + (word == "FAIL")
        shown = "" if bound is None else f"{bound:.{digits}f} {unit}"
        cpu = "" if memory else f"{row['cpu']:.2f}"
        print(f"{row['name']:<62} {value:>7.{digits}f} {unit:<2} {cpu:>7} {shown:>9} {word}")
    return passed, failed


def say_stages(rows: Rows) -> None:
    print(f"\n{'Stage':<32} {'seconds':>8} {'CPU s':>8} {'MP in':>6} {'MP/s':>8} {'peak extra MB':>14}")
    for row in rows:
        rate = row["megapixels"] / max(row["seconds"], 1e-9)
        print(f"{row['name']:<32} {row['seconds']:>8.3f} {row['cpu']:>8.3f} {row['megapixels']:>6.2f} "
              f"{rate:>8.1f} {row['extra_mb']:>14.0f}")  # fmt: skip


def say_naive(rows: Rows) -> None:
    print(f"\n{'Against the naive composition':<30} {'naive':>16} {'product':>16} {'faster':>8}  naive means")
    for row in rows:
        naive, product = row["naive"], row["product"]
        print(f"{row['name']:<30} {naive['seconds']:>6.2f} s {naive['extra_mb']:>4.0f} MB "
              f"{product['seconds']:>6.2f} s {product['extra_mb']:>4.0f} MB "
              f"{naive['seconds'] / product['seconds']:>6.1f} x  {row['what']}")  # fmt: skip


def say_throughput(rows: Rows) -> None:
    print(f"\n{'Finals, 12 MP file to PNG':<36} {'per minute':>10} {'CPU s each':>11} {'load before':>12}")
    for row in rows:
        print(f"{row['name']:<36} {row['per_minute']:>10.1f} {row['cpu_each']:>11.2f} {row['load']:>12.1f}")


def main() -> int:
    """Measure, print, and end with 0; 1 only where something could not be measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=[*GROUPS, "throughput"], action="append")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--group", choices=list(GROUPS), help=argparse.SUPPRESS)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    # As the product does; groups are processes of their own and inherit it.
    threads.calm_matrices()
    if options.worker:
        one_worker(options.worker)
        return 0
    if options.group:
        print(json.dumps(GROUPS[options.group](options.rounds)))
        return 0
    return report(options.only or [*GROUPS, "throughput"], options.rounds, options.json)


def report(wanted: list[str], rounds: int, out: Path | None) -> int:
    """Run the groups that are wanted and print their tables."""
    head = machine.describe()
    print("\n".join(head))
    print(_METHOD.format(rounds=rounds))
    found: dict[str, Rows] = {}
    for group in wanted:
        print(f"… {group}", file=sys.stderr, flush=True)
        if group == "throughput":
            found[group] = [throughput(1, None), throughput(1, 1), throughput(2, None), throughput(2, 1)]
        else:
            found[group] = in_a_fresh_process(group, rounds)
    if "machine" in found:
        yardsticks.say(found["machine"])
    if "stages" in found:
        say_stages(found["stages"])
    if "naive" in found:
        say_naive(found["naive"])
    if "throughput" in found:
        say_throughput(found["throughput"])
    passed, failed = say_headline(
        [row for name in ("check", "preview", "finals", "differing") for row in found.get(name, [])]
    )
    if out:
        out.write_text(json.dumps({"machine": head, **found}, indent=1))
    print(f"\nLoad average at the end {os.getloadavg()[0]:.1f}. {passed} budgets passed, {failed} failed")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"bench-imaging could not measure: {error}")
