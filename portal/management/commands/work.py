"""`manage.py work QUEUE …`: one worker process.

Jobs run inside the process (no fork per job), so the face and identity models are loaded once. One
thread per worker for the numeric libraries: several workers share the cores instead of fighting.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

from django.conf import settings  # noqa: E402
from django.core.management.base import CommandError, CommandParser  # noqa: E402
from django_rq.management.commands.rqworker import Command as RQWorker  # noqa: E402

from generation import pipeline  # noqa: E402


class Command(RQWorker):
    help = "Work on these queues (default: all but gpu) until stopped."
    # A worker serves no page; what the checks would load (URLs, templates) only delays its start.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)  # type: ignore[no-untyped-call]
        parser.set_defaults(worker_class="rq.SimpleWorker")

    def handle(self, *args: str, **options: object) -> None:
        queues = args or tuple(name for name in settings.QUEUES if name != "gpu")
        unknown = [name for name in queues if name not in settings.QUEUES]
        if unknown:
            known = ", ".join(settings.QUEUES)
            raise CommandError(f"No queue is called {', '.join(unknown)}; there are {known}.")
        if {"intake", "studio"} & set(queues):
            pipeline.warm_up()
        super().handle(*queues, **options)  # type: ignore[no-untyped-call]
