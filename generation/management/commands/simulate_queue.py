"""python manage.py simulate_queue: how honest the shown waiting times are. No database, no Redis."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from generation import simulation


class Command(BaseCommand):
    help = "Play a working day of a shared queue and compare the waits people were told with what came true."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=5000, help="size of the launch (default: 5000)")
        parser.add_argument("--workers", type=int, default=8)
        parser.add_argument("--hours", type=float, default=6.0, help="how long others keep coming")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--share", type=float, default=0.1, help="share of the people who are asked")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        day = simulation.launch(options["seed"], options["people"], options["hours"], options["workers"])
        told = simulation.Simulation(day, options["seed"], options["share"]).run()
        rows, waits = simulation.judge(told), simulation.waits(told)
        if options["json"]:
            content = {"errors": [asdict(row) for row in rows], "waits": [asdict(row) for row in waits]}
            self.stdout.write(json.dumps(content, indent=1))
            return
        self.stdout.write(
            f"{options['people']} people launch; two twentieths and six small companies come beside them; "
            f"{options['workers']} workers, one of them away for 20 minutes (seed {options['seed']}).\n"
        )
        self.stdout.write(
            "told until done, against what came true   people   median   9 of 10   median, signed"
        )
        for row in rows:
            self.stdout.write(
                f"  {row.label:38} {row.people:8} {row.median:8.0%} {row.ninetieth:9.0%} {row.bias:+16.0%}"
            )
        self.stdout.write("\ntime until done                           people   median   9 of 10   longest")
        for wait in waits:
            self.stdout.write(
                f"  {wait.firm:38} {wait.people:8} {_time(wait.median_s):>8} {_time(wait.ninetieth_s):>9} "
                f"{_time(wait.longest_s):>9}"
            )


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
