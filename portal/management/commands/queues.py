"""`manage.py queues`: what waits, who works, how long it takes, and each company's share."""

import json
import time
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.queuestate import collect

_CLEAR = "\x1b[H\x1b[2J"


class Command(BaseCommand):
    help = "Show queue lengths, workers with their signs of life, waiting times and companies' shares."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for a monitor")
        parser.add_argument("--watch", type=float, metavar="SECONDS", help="show it again and again")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            seen = collect()
            if options["json"]:
                self.stdout.write(json.dumps(seen, indent=1))
            else:
                self.stdout.write((_CLEAR if options["watch"] else "") + page(seen))
            if not options["watch"]:
                return
            self.stdout.flush()
            time.sleep(options["watch"])


# --- as text -------------------------------------------------------------------------------------


def page(seen: dict[str, Any]) -> str:
    """The state of `collect` as text."""
    queues = [_queue_row(name, queue) for name, queue in seen["shoots"].items()]
    blocks = [
        _table(("queue", "waiting", "running", "workers", "a newcomer starts", "a shoot takes"), queues)
    ]
    blocks.append("jobs waiting: " + ", ".join(f"{name} {count}" for name, count in seen["jobs"].items()))
    head = ("worker", "queues", "on", "doing", "heard of", "shoots", "mean")
    rows = [
        (one["name"], one["queues"], one["device"], one["doing"], _ago(one["heard_of_s"]),
         str(one["shoots"]), _time(one["mean_s"]))
        for one in seen["workers"]
    ]  # fmt: skip
    blocks.append(_table(head, rows) if rows else "No worker has given a sign of life within the hour.")
    if seen["failures"]:
        told = ", ".join(f"{code} × {count}" for code, count in seen["failures"].items())
        blocks.append(f"our failures within a day: {told}")
    for name, queue in seen["shoots"].items():
        if queue["companies"]:
            columns = (f"company on {name}", "waiting", "running", "weight", "at once", "used", "its share",
                    "next starts", "last starts")  # fmt: skip
            blocks.append(_table(columns, [_part_row(part) for part in queue["companies"]]))
    return "\n\n".join(blocks)


def _queue_row(name: str, queue: dict[str, Any]) -> tuple[str, ...]:
    takes = ", ".join(f"{engine} {_time(seconds)}" for engine, seconds in queue["shoot_takes_s"].items())
    workers = str(queue["workers"]) + (" (no card)" if name == "gpu" and queue["on_cpu"] else "")
    return (name, str(queue["waiting"]), str(queue["running"]), workers,
            _in(queue["newcomer_starts_in_s"]), takes or "not measured yet")  # fmt: skip


def _part_row(part: dict[str, Any]) -> tuple[str, ...]:
    quota = "any" if part["quota"] is None else str(part["quota"])
    return (
        part["company"],
        *(str(part["waiting"]), str(part["running"]), f"{part['weight']:g}", quota),
        *(f"{part['used']:.0%}", f"{part['entitled']:.0%}"),
        *(_in(part["next_s"]), _in(part["last_s"])),
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in [head, *rows]]  # fmt: skip
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _in(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return "now" if seconds < 1 else f"in {_time(seconds)}"


def _ago(seconds: float) -> str:
    return f"{_time(seconds)} ago"
