"""python manage.py headshots: people's photos in, finished headshots, a report and the team's wall out.

No database, no Redis, no network.
"""

import json
import os
import re
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError

from branding.look import STARTERS, Look
from generation.imaging import consistency, materials, report, stylefile
from generation.imaging.engines.table import ENGINES, find_engine
from generation.imaging.errors import EngineError
from generation.imaging.identity.encoders import judges
from generation.imaging.messages import told
from generation.imaging.models.configured import Configuration, configuration, configure
from generation.imaging.shoot_folder import Order, find_people, shoot

MISUSE, SOME_FAILED = 2, 3
_SIDE_PX = (64, 8192)
Outcome = tuple[report.PersonResult, consistency.Shown | None]


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match:
        raise ArgumentTypeError("say it as WIDTHxHEIGHT, for example 1638x2048")
    width, height = int(match[1]), int(match[2])
    if not (_SIDE_PX[0] <= min(width, height) and max(width, height) <= _SIDE_PX[1]):
        raise ArgumentTypeError(f"each side is {_SIDE_PX[0]} to {_SIDE_PX[1]} pixels")
    return width, height


def _whole(low: int, high: int) -> Any:
    def read(text: str) -> int:
        if not text.isdigit() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"a whole number from {low} to {high}")
        return int(text)

    return read


class Command(BaseCommand):
    help = "Make headshots of everybody in PEOPLE_DIR and measure how alike they look as a team."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("people_dir", type=Path, metavar="PEOPLE_DIR")
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--style", default="corporate", metavar="NAME_OR_FILE",
                            help=f"one of {', '.join(STARTERS)}, or a JSON file with a Look")  # fmt: skip
        parser.add_argument("--engine", default=None)
        parser.add_argument("--count", type=_whole(1, 100), default=4)
        parser.add_argument("--size", type=_size, default=(1638, 2048))
        parser.add_argument("--seed", type=_whole(0, 2**32 - 1), default=0)
        parser.add_argument("--workers", type=_whole(1, 64), default=os.cpu_count() or 1)

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        look = _look(options["style"], options["engine"])
        orders = _orders(look, options)
        _refuse_without_judges()
        outcomes: dict[str, Outcome] = {}
        for outcome in _work(orders, min(options["workers"], len(orders))):
            outcomes[outcome[0].person] = outcome
            self._say(outcome[0], len(outcomes), len(orders))
        people = [outcomes[order.person][0] for order in orders]
        shown = [one for order in orders if (one := outcomes[order.person][1]) is not None]
        team = consistency.measure(shown, look)
        _write(options["out"], options["style"], look, people, team, time.perf_counter() - started)
        failed = sum(person.status != "ok" for person in people)
        score = "" if team["score"] is None else f", consistency {team['score']:.0f} of 100"
        self.stdout.write(
            f"{len(people) - failed} of {len(people)} people{score}: {options['out'] / 'team.html'}"
        )
        if failed:
            sys.exit(SOME_FAILED)

    def _say(self, person: report.PersonResult, done: int, total: int) -> None:
        what = f"{len(person.candidates)} headshots"
        if person.status != "ok":
            what = "no headshot: " + " ".join(one["message"] for one in person.reasons)
        self.stdout.write(f"[{done}/{total}] {person.person}: {what}")
        self.stdout.flush()


def _look(style: str, engine: str | None) -> Look:
    """The starter of that name or the Look in that file. Raises CommandError."""
    if style in STARTERS:
        look = STARTERS[style]
    elif Path(style).is_file():
        try:
            look = stylefile.read(Path(style))
        except stylefile.StyleFileError as error:
            raise CommandError(str(error), returncode=MISUSE) from error
    else:
        raise CommandError(
            f"No style {style}. Known: {', '.join(STARTERS)}, or a JSON file.", returncode=MISUSE
        )
    if engine is None:
        return look
    try:
        find_engine(engine)
        return Look.model_validate({**look.model_dump(), "engine": engine})
    except (EngineError, ValidationError) as error:
        raise CommandError(f"No engine {engine}. Known: {', '.join(ENGINES)}.", returncode=MISUSE) from error


def _refuse_without_judges() -> None:
    """Say before the work, once, that a judge cannot be used; not with every person."""
    try:
        judges()
    except EngineError as error:
        raise CommandError(told(error), returncode=1) from error


def _orders(look: Look, options: dict[str, Any]) -> list[Order]:
    folder, out = options["people_dir"], options["out"]
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.", returncode=MISUSE)
    people = find_people(folder)
    if not people:
        raise CommandError(f"{folder} holds nobody.", returncode=MISUSE)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"Cannot write to {out}: {error.strerror}", returncode=MISUSE) from error
    return [
        Order(name, photos, out, look, options["seed"], options["count"], options["size"])
        for name, photos in people.items()
    ]


def _equip(models: Configuration, files: tuple[bytes, ...]) -> None:
    """Tell a worker process what this one was told: its models, and the files of the style."""
    configure(models)
    materials.add_all(files)


def _work(orders: list[Order], workers: int) -> Iterator[Outcome]:
    """Results as they come; one process needs no pool."""
    if workers <= 1:
        yield from map(shoot, orders)
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # Spawned, not forked: MediaPipe's threads do not survive a fork.
    pool_of = partial(ProcessPoolExecutor, mp_context=get_context("spawn"), initializer=_equip)
    with pool_of(workers, initargs=(configuration(), materials.added())) as pool:
        for done in as_completed([pool.submit(shoot, order) for order in orders]):
            yield done.result()


def _write(
    out: Path, style: str, look: Look, people: list[report.PersonResult], team: dict[str, Any], seconds: float
) -> None:
    name = style if style in STARTERS else Path(style).stem
    content = {
        "style": name,
        "engine": look.engine,
        "version": find_engine(look.engine).version,
        "people": [person.row() for person in people],
        "consistency": team,
        "seconds": round(seconds, 2),
    }
    (out / "report.json").write_text(json.dumps(content, indent=1, ensure_ascii=False))
    (out / "team.html").write_text(report.team_page(name, people, team))
