"""python manage.py headshots: people's photos in, finished headshots, a report and the team's wall out.

No database, no Redis, no network.
"""

import json
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Generator, Iterator
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from branding.look import STARTERS, Look
from generation.imaging import consistency, report, teampage, threads
from generation.imaging.engines.table import find_engine
from generation.imaging.errors import EngineError
from generation.imaging.identity.encoders import judges
from generation.imaging.messages import told
from generation.imaging.shoot_folder import Order, broken, find_people, shoot
from generation.management import arguments, spawning
from generation.management.arguments import MISUSE

SOME_FAILED = 3
Outcome = tuple[report.PersonResult, consistency.Shown | None]


class Command(BaseCommand):
    help = "Make headshots of everybody in PEOPLE_DIR and measure how alike they look as a team."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("people_dir", type=Path, metavar="PEOPLE_DIR")
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--style", default="corporate", metavar="NAME_OR_FILE",
                            help=f"one of {', '.join(STARTERS)}, or a JSON file with a Look")  # fmt: skip
        parser.add_argument("--engine", default=None)
        parser.add_argument("--count", type=arguments.whole(1, 100), default=4)
        parser.add_argument("--size", type=arguments.size, default=(1638, 2048))
        parser.add_argument("--seed", type=arguments.whole(0, 2**32 - 1), default=0)
        parser.add_argument("--workers", type=arguments.whole(1, 64), default=threads.cores())
        parser.add_argument("--reference", type=Path, metavar="REPORT_JSON",
                            help="measure against the team of an earlier report.json")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        look = arguments.look(options["style"], options["engine"])
        reference = _reference(options["reference"])
        orders = _orders(look, options)
        _refuse_without_judges()
        workers = min(options["workers"], len(orders))
        self.stdout.write(f"{len(orders)} people, {workers} at a time")
        outcomes: dict[str, Outcome] = {}
        for outcome in _work(orders, workers):
            outcomes[outcome[0].person] = outcome
            elapsed = time.perf_counter() - started
            self._say(outcome[0], len(outcomes), len(orders), elapsed)
        people = [outcomes[order.person][0] for order in orders]
        shown = [one for order in orders if (one := outcomes[order.person][1]) is not None]
        team = consistency.measure(shown, look, reference)
        try:
            _write(options, look, people, team, time.perf_counter() - started)
        except OSError as error:
            raise CommandError(f"Cannot write to {options['out']}: {error.strerror}", returncode=1) from error
        failed = sum(person.status != "ok" for person in people)
        score = "" if team["score"] is None else f", consistency {team['score']:.0f} of 100"
        self.stdout.write(
            f"{len(people) - failed} of {len(people)} people{score}: {options['out'] / 'team.html'}"
        )
        if failed:
            sys.exit(SOME_FAILED)

    def _say(self, person: report.PersonResult, done: int, total: int, elapsed: float) -> None:
        many = len(person.candidates)
        what = "1 headshot" if many == 1 else f"{many} headshots"
        if person.status != "ok":
            what = "no headshot: " + " ".join(one["message"] for one in person.reasons)
        left = "" if done == total else f" · {_duration(elapsed * (total - done) / done)} left"
        self.stdout.write(f"[{done}/{total}] {person.person}: {what}{left}")
        self.stdout.flush()


def _duration(seconds: float) -> str:
    """About how long, as one would say it."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes / 60:.1f} h"


def _reference(file: Path | None) -> dict[str, Any] | None:
    """The team that an earlier report.json describes. Raises CommandError."""
    if file is None:
        return None
    try:
        found = json.loads(file.read_text())["consistency"]["reference"]
        return {"backdrop_lab": [float(one) for one in found["backdrop_lab"]],
                "centers": {name: float(one) for name, one in found["centers"].items()}}  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{file} is no report of headshots with a team.", returncode=MISUSE) from error


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
    people = find_people(folder, out)
    if not people:
        raise CommandError(f"{folder} holds nobody.", returncode=MISUSE)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"Cannot write to {out}: {error.strerror}", returncode=MISUSE) from error
    if not os.access(out, os.W_OK):
        raise CommandError(f"Cannot write to {out}.", returncode=MISUSE)
    share = threads.each(min(options["workers"], len(people)))
    return [
        Order(name, photos, out, look, options["seed"], options["count"], options["size"], share)
        for name, photos in people.items()
    ]


def _work(orders: list[Order], workers: int) -> Iterator[Outcome]:
    """Results as they come; one process needs no pool. A worker that dies takes only its own person along."""
    if workers <= 1:
        yield from map(shoot, orders)
        return
    lost = yield from _pool(orders, workers)
    for order in lost:
        for again in (yield from _pool([order], 1)):
            yield broken(again.person, "the process that made the pictures ended"), None


def _pool(orders: list[Order], workers: int) -> Generator[Outcome, None, list[Order]]:
    """Results as they come; returns those that were under way when a process died."""
    lost: list[Order] = []
    before = set(active_children())
    with spawning.pool(workers) as pool:
        running = {}
        for order in orders:
            try:
                running[pool.submit(shoot, order)] = order
            except BrokenProcessPool:
                # The first worker died before the last order was handed out.
                lost.append(order)
        for done in as_completed(running):
            try:
                yield done.result()
            except BrokenProcessPool:
                lost.append(running[done])
        if lost:
            # A worker that was being started while another died is forgotten by the pool, which then waits
            # for it for ever (seen with Python 3.11.7).
            for child in set(active_children()) - before:
                child.kill()
    return sorted(lost, key=lambda order: order.person)


def _write(
    options: dict[str, Any],
    look: Look,
    people: list[report.PersonResult],
    team: dict[str, Any],
    seconds: float,
) -> None:
    style, out = options["style"], options["out"]
    made = teampage.Made(
        style=style if style in STARTERS else Path(style).stem,
        look=look,
        version=find_engine(look.engine).version,
        seed=options["seed"],
        count=options["count"],
        size=options["size"],
        day=time.strftime("%Y-%m-%d"),
    )
    content = {
        "style": made.style,
        "engine": look.engine,
        "version": made.version,
        "seed": made.seed,
        "count": made.count,
        "size": list(made.size),
        "people": [person.row() for person in people],
        "consistency": team,
        "seconds": round(seconds, 2),
    }
    (out / "report.json").write_text(json.dumps(content, indent=1, ensure_ascii=False))
    (out / "team.html").write_text(teampage.page(made, people, team))
