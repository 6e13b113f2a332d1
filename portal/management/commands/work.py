"""`manage.py work QUEUE …`: one worker process; `manage.py work gpu --gpu 0`: that of a graphics card.

Jobs run inside the process (no fork per job), so models are loaded once. Each worker takes its share of the
cores (`generation.imaging.threads`): several do not fight for them; only diffusion without a card takes
them all.
"""

import os
import sys

from django.conf import settings

from generation.imaging import threads

# Diffusion without a card takes all cores; other workers share them.
_ON_CPU = "gpu" in sys.argv and "--gpu" not in sys.argv
_THREADS = threads.cores() if _ON_CPU else threads.each(settings.WORKERS)
# Before the libraries are imported: they read it once.
threads.announce(_THREADS)

import argparse  # noqa: E402
import fcntl  # noqa: E402
import socket  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import rq  # noqa: E402
from django.core.management.base import CommandError, CommandParser  # noqa: E402
from django_rq.management.commands.rqworker import Command as RQWorker  # noqa: E402

from generation import pipeline, resident  # noqa: E402
from generation.imaging.errors import EngineError  # noqa: E402
from generation.imaging.messages import told  # noqa: E402
from portal.lib import gpus  # noqa: E402

# The longest step is one of the studio's stages; loading and compiling models on a card (whose steps the
# engines' own watchdog sees too); a denoising step on a processor.
_STAGE_S, _COMPILE_S, _CPU_STEP_S = 300, 1800, 7200


class PoliteWorker(rq.SimpleWorker):
    """Tells the running shoot that the process was asked to stop."""

    def request_stop(self, signum: int, frame: Any) -> None:
        here = resident.here()
        if isinstance(here, resident.Resident):
            here.stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


class Command(RQWorker):
    help = "Work on these queues (default: all but gpu) until stopped."
    # A worker serves no page; what the checks would load (URLs, templates) only delays its start.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)  # type: ignore[no-untyped-call]
        parser.set_defaults(worker_class="portal.management.commands.work.PoliteWorker")
        parser.add_argument("--gpu", type=_number, help="the graphics card's number; its models stay loaded")
        parser.add_argument("--as", dest="called", default="", help="the worker's name on this machine")

    def handle(self, *args: str, **options: Any) -> None:
        queues = args or tuple(name for name in settings.QUEUES if name != "gpu")
        unknown = [name for name in queues if name not in settings.QUEUES]
        if unknown:
            known = ", ".join(settings.QUEUES)
            raise CommandError(f"No queue is called {', '.join(unknown)}; there are {known}.")
        if options["gpu"] is not None and queues != ("gpu",):
            raise CommandError("A graphics card's worker does nothing else: manage.py work gpu --gpu N")
        called = options["called"] or ("" if options["gpu"] is None else f"gpu{options['gpu']}")
        with _only_one(called):
            threads.limit(_THREADS)
            worker = resident.start(_resident(queues, called, options["gpu"]))
            with _watched_card(worker):
                try:
                    _warm_up(queues, worker)
                    worker.ready()
                    super().handle(*queues, **options)  # type: ignore[no-untyped-call]
                finally:
                    worker.end()


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("a number from 0 on")
    return int(text)


def _resident(queues: tuple[str, ...], called: str, gpu: int | None) -> resident.Resident:
    device = "cpu"
    if gpu is not None:
        # Before anything imports torch: the process sees this card and no other.
        gpus.claim(gpu)
        device = gpus.name()
        if not device:
            raise CommandError(
                f"Graphics card {gpu} cannot be used: torch sees no card there. "
                "See `nvidia-smi`, and requirements/gpu.txt for the packages."
            )
    # Unnamed ones may be several: each is somebody of its own.
    label = called or f"{'-'.join(queues)}-{os.getpid()}"
    usual = _STAGE_S if "gpu" not in queues else _CPU_STEP_S if gpu is None else _COMPILE_S
    name = f"{socket.gethostname()[:40]}:{label}"[:80]
    return resident.Resident(name, queues, device, settings.STEP_TIMEOUT_S or usual)


def _warm_up(queues: tuple[str, ...], worker: resident.Resident) -> None:
    """What the first job would wait for; diffusion on the processor not, gigabytes that few may need. And
    what no job will use is said."""
    if {"intake", "studio"} & set(queues) or worker.device != "cpu":
        try:
            pipeline.warm_up()
        except EngineError as error:
            # A judge that the settings name and nobody has installed: every shoot would fail.
            raise CommandError(told(error)) from error
    if "gpu" in queues:
        pipeline.say_left_out()
    if worker.device != "cpu":
        pipeline.warm_up_engines()


@contextmanager
def _watched_card(worker: resident.Resident) -> Iterator[None]:
    """The engines' own watchdog sees steps of a pipeline, which are shorter than all else on a card."""
    if worker.device == "cpu":
        yield
        return
    from generation.imaging.engines import runtime
    from generation.imaging.engines.steps import leave

    with runtime.shared().watch(leave):
        yield


@contextmanager
def _only_one(called: str) -> Iterator[None]:
    """Two of one name would take each other's shoots for left behind."""
    if not called:
        yield
        return
    folder = Path(settings.VAR_DIR) / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{socket.gethostname()}-{called}.lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"A worker called {called} runs on this machine already.") from error
        yield
