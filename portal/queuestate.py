"""The queues for the operator: what `manage.py queues` shows and `/metrics` reports. Reads only."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from generation import turns
from generation.models import Worker
from generation.services.shoots import QUEUES
from portal.lib.jobs import length
from teams import tenancy


def collect() -> dict[str, Any]:
    """Queues, workers, failures and shares over all companies, JSON-able. Times in seconds, None where
    nothing can be said."""
    with tenancy.system_scope():
        return _collect(timezone.now())


def _collect(now: datetime) -> dict[str, Any]:
    shoots = {}
    for queue in QUEUES:
        seen = turns.compute(queue, now)
        shoots[queue] = {
            "waiting": seen.waiting,
            "running": seen.running,
            "workers": seen.workers,
            "on_cpu": seen.on_cpu,
            "newcomer_starts_in_s": seen.newcomer_s if seen.workers else None,
            "shoot_takes_s": seen.durations,
            "companies": [asdict(part) for part in turns.parts(queue, now)],
        }
    return {
        "shoots": shoots,
        "failures": turns.failures(now),
        "jobs": {queue: length(queue) for queue in settings.QUEUES if queue not in QUEUES},
        "workers": [_worker(one, now) for one in Worker.objects.all()],
    }


def _worker(worker: Worker, now: datetime) -> dict[str, Any]:
    age = (now - worker.beat_at).total_seconds()
    return {
        "name": worker.name,
        "queues": worker.queues,
        "device": worker.device,
        "doing": worker.doing if age <= turns.ALIVE_S else "silent",
        "heard_of_s": round(age, 1),
        "up_s": round((now - worker.started_at).total_seconds()),
        "shoots": worker.shoots,
        "mean_s": round(worker.busy_s / worker.shoots, 1) if worker.shoots else None,
    }


# --- for Prometheus ------------------------------------------------------------------------------


def exposition(seen: dict[str, Any]) -> str:
    """The state of `collect` in Prometheus' text format. What cannot be said is left out."""
    lines: list[str] = []
    for name, what, samples in _families(seen):
        known = [(labels, value) for labels, value in samples if value is not None]
        lines += [f"# HELP onelight_{name} {what}", f"# TYPE onelight_{name} gauge"] if known else []
        lines += [f"onelight_{name}{_labels(labels)} {value:g}" for labels, value in known]
    return "\n".join(lines) + "\n"


_Samples = list[tuple[dict[str, str], float | None]]


def _families(seen: dict[str, Any]) -> Iterator[tuple[str, str, _Samples]]:
    shoots = seen["shoots"]
    for key, name, what in (
        ("waiting", "shoots_waiting", "Shoots that may start and wait."),
        ("running", "shoots_running", "Shoots that are being made."),
        ("workers", "workers_alive", "Worker processes that gave a sign of life."),
        ("newcomer_starts_in_s", "newcomer_wait_seconds", "Wait of a company that has nothing in the queue."),
    ):
        yield name, what, [({"queue": queue}, state[key]) for queue, state in shoots.items()]
    yield (
        "shoot_seconds",
        "Mean duration of the last shoots.",
        [
            ({"queue": queue, "engine": engine}, seconds)
            for queue, state in shoots.items()
            for engine, seconds in state["shoot_takes_s"].items()
        ],
    )
    yield (
        "company_shoots_waiting",
        "Shoots of a company that may start and wait.",
        [
            ({"queue": queue, "company": part["company"]}, part["waiting"])
            for queue, state in shoots.items()
            for part in state["companies"]
        ],
    )
    yield (
        "company_share",
        "A company's share of the worker time within ten minutes.",
        [
            ({"queue": queue, "company": part["company"]}, part["used"])
            for queue, state in shoots.items()
            for part in state["companies"]
        ],
    )
    yield (
        "jobs_waiting",
        "Other jobs on their queue.",
        [({"queue": queue}, count) for queue, count in seen["jobs"].items()],
    )
    yield (
        "worker_silence_seconds",
        "Since a worker's last sign of life.",
        [({"worker": one["name"], "device": one["device"]}, one["heard_of_s"]) for one in seen["workers"]],
    )
    yield (
        "shoots_given_up",
        "Shoots given up within a day for an error of ours.",
        [({"code": code}, count) for code, count in seen["failures"].items()],
    )


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
