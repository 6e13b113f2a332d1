"""`manage.py clock`: the portal's heartbeat. Every few seconds it puts back what was left behind."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections

import generation.reaper
import portal.exports.reaper
import teams.reaper

log = structlog.get_logger("portal.clock")


class Command(BaseCommand):
    help = "Requeue work of dead workers, expire links and exports. Run exactly as many as you like."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=5.0, help="seconds between rounds")
        parser.add_argument("--once", action="store_true", help="one round, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while True:
            tick()
            if options["once"] or stop.wait(options["every"]):
                return


def tick() -> None:
    """One round; a database that is away is waited for."""
    close_old_connections()
    try:
        teams.reaper.reap()
        generation.reaper.reap()
        portal.exports.reaper.reap()
    except DatabaseError as error:
        log.warning("clock skipped a round", error=str(error).strip())
