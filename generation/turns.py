"""The queues as the database knows them: loads of the companies, workers alive, measured durations.

Reads in the system scope: a turn is decided among all companies. What leaves this module about others is only
how long a wait is.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache
from django.db.models import Count, Min
from django.db.models.functions import Coalesce
from django.utils import timezone
from redis.exceptions import RedisError

from generation import sharing
from generation.imaging.engines.table import ENGINES
from generation.models import Shoot, ShootStatus, Worker
from generation.sharing import Load, Queue
from portal.lib.jobrow import due
from teams import tenancy
from teams.models import Company

# A worker says that it lives every five seconds; one that missed this much is taken for dead.
ALIVE_S: Final = 20.0
# Finished shoots that an engine's expected duration is the mean of: enough to be steady, few enough to follow
# when a faster card is put in.
_MEASURED: Final = 20
# Photo checks and small changes of finished pictures: a person waits before a page for both.
INTAKE: Final = "intake"
# How long a forecast is shown before it is computed again.
_KEPT_S: Final = 4
# Since when a shoot has had its worker for itself. Shoots that are drawn together have it one after the
# other, so that a worker's seconds are counted once.
_SINCE: Final = Coalesce("turn_at", "started_at")
_OVER: Final = (ShootStatus.DONE, ShootStatus.FAILED, ShootStatus.CANCELLED)


def durations(queue: str, now: datetime | None = None) -> dict[str, float]:
    """Seconds of a worker that a shoot of each engine lately took. Call in the system scope."""
    found: dict[str, float] = {}
    for offer in ENGINES.values():
        done = Shoot.objects.filter(queue=queue, engine=offer.name, status=ShootStatus.DONE)
        newest = done.filter(finished_at__lte=now or timezone.now(), started_at__isnull=False)
        times = newest.order_by("-finished_at").values_list(_SINCE, "finished_at")[:_MEASURED]
        took = [(end - begin).total_seconds() for begin, end in times if begin and end]
        if took:
            found[offer.name] = sum(took) / len(took)
    return found


def workers_alive(queue: str, now: datetime | None = None) -> list[Worker]:
    """The worker processes that serve this queue and gave a sign of life."""
    since = (now or timezone.now()) - timedelta(seconds=ALIVE_S)
    alive = Worker.objects.filter(beat_at__gt=since)
    return [worker for worker in alive if queue in worker.queues.split() and worker.doing != "stopping"]


def served(queue: str) -> bool:
    """Whether any worker serves this queue: what waits on another one waits until somebody starts one."""
    return bool(workers_alive(queue))


def loads(queue: str, expected: dict[str, float], now: datetime) -> dict[uuid.UUID, Load]:
    """Every company with a waiting shoot that may start, or with use. Call in the system scope."""
    waiting = due(Shoot.objects.filter(queue=queue, status=ShootStatus.QUEUED), now).order_by()
    since = dict(waiting.values_list("company_id").annotate(since=Min("created_at")))
    running: dict[uuid.UUID, list[tuple[float, float]]] = defaultdict(list)
    for one in _running(queue, expected, now):
        running[one.company].append((one.elapsed_s, one.expected_s))
    finished: dict[uuid.UUID, list[float]] = defaultdict(list)
    for company, _when, took in recent(queue, now):
        finished[company].append(took)
    found = {}
    for pk, weight, quota in Company.objects.filter(
        pk__in=set(since) | set(running) | set(finished)
    ).values_list("pk", "share_weight", "max_running"):
        first = since.get(pk)
        found[pk] = Load(
            weight=weight,
            quota=quota,
            running=len(running[pk]),
            used_s=sharing.use(finished[pk], running[pk]),
            since=first.timestamp() if first else 0.0,
        )
    return found


@dataclass(frozen=True, slots=True)
class _Running:
    """A shoot that is being made, and by whom."""

    company: uuid.UUID
    worker: str
    elapsed_s: float
    expected_s: float


def _running(queue: str, expected: dict[str, float], now: datetime) -> list[_Running]:
    """In the order in which a worker makes its own."""
    rows = Shoot.objects.filter(queue=queue, status=ShootStatus.RUNNING).order_by("created_at", "id")
    found = []
    for pk, company, worker, engine, since in rows.values_list(
        "pk", "company_id", "worker", "engine", _SINCE
    ):
        elapsed = (now - since).total_seconds() if since else 0.0
        took = expected.get(engine, sharing.UNMEASURED_S)
        found.append(_Running(company, worker or str(pk), elapsed, took))
    return found


def recent(queue: str, now: datetime) -> list[tuple[uuid.UUID, datetime, float]]:
    """Company, end and worker seconds of what ended within the window."""
    begin = now - timedelta(seconds=sharing.WINDOW_S)
    rows = Shoot.objects.filter(
        queue=queue, status__in=_OVER, finished_at__gt=begin, started_at__isnull=False
    )
    return [
        (company, finished, max(0.0, (finished - started).total_seconds()))
        for company, started, finished in rows.order_by().values_list("company_id", _SINCE, "finished_at")
        if started is not None and finished is not None
    ]


def next_shoot(queue: str, now: datetime | None = None) -> uuid.UUID | None:
    """The queued shoot whose turn it is. Call in the system scope, one caller at a time."""
    now = now or timezone.now()
    waiting = due(Shoot.objects.filter(queue=queue, status=ShootStatus.QUEUED), now)
    if not waiting.order_by().exists():
        return None
    everybody = loads(queue, durations(queue, now), now)
    company = sharing.whose_turn({key: load for key, load in everybody.items() if load.since})
    if company is None:
        return None
    mine = waiting.filter(company_id=company).order_by("created_at", "id")
    return mine.values_list("pk", flat=True).first()


def unserved(queue: str, worker: str) -> int:
    """Shoots that may start and that no idle worker but this one could begin now. Call in the system
    scope."""
    waiting = due(Shoot.objects.filter(queue=queue, status=ShootStatus.QUEUED)).count()
    idle = [one for one in workers_alive(queue) if one.doing == "ready" and one.name != worker]
    return max(0, waiting - len(idle))


@dataclass(frozen=True, slots=True)
class Part:
    """One company's part of a queue, as the operator sees it."""

    company: str
    weight: float
    quota: int | None
    waiting: int
    running: int
    # Share of the queue's worker seconds within the window, and the one its weight entitles it to among those
    # that wait now; 0..1.
    used: float
    entitled: float
    # Seconds until its next and its last waiting shoot start.
    next_s: float | None
    last_s: float | None


def parts(queue: str, now: datetime | None = None) -> list[Part]:
    """Every company that waits, runs or has lately run here, most waiting first. Call in the system scope."""
    now = now or timezone.now()
    seen = compute(queue, now)
    everybody = loads(queue, seen.durations, now)
    names = dict(Company.objects.filter(pk__in=everybody).values_list("pk", "slug"))
    due_now = due(Shoot.objects.filter(queue=queue, status=ShootStatus.QUEUED), now).order_by()
    waiting = dict(due_now.values_list("company_id").annotate(n=Count("pk")))
    used = sum(load.used_s for load in everybody.values()) or 1.0
    weights = sum(load.weight for key, load in everybody.items() if waiting.get(key)) or 1.0
    found = []
    for key, load in everybody.items():
        starts, count = seen.starts.get(key, []), waiting.get(key, 0)
        found.append(
            Part(
                company=names[key],
                weight=load.weight,
                quota=load.quota,
                waiting=count,
                running=load.running,
                used=load.used_s / used,
                entitled=load.weight / weights if count else 0.0,
                next_s=starts[0] if starts else None,
                last_s=sharing.at(starts, count - 1, sharing.UNMEASURED_S) if count else None,
            )
        )
    return sorted(found, key=lambda part: (-part.waiting, -part.running, part.company))


def failures(now: datetime) -> dict[str, int]:
    """Shoots given up within a day for an error of ours, by code. Call in the system scope."""
    given_up = Shoot.objects.filter(
        status=ShootStatus.FAILED, error_kind="engine", finished_at__gt=now - timedelta(days=1)
    )
    rows = given_up.order_by().values_list("error_code").annotate(n=Count("pk"))
    return dict(sorted(rows, key=lambda row: -row[1]))


# --- how long it will take -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forecast:
    """What can be said about a queue's waiting times now."""

    # Starts of each company's waiting shoots, seconds from now.
    starts: dict[uuid.UUID, list[float]]
    # Start of the first shoot of a company that has none waiting.
    newcomer_s: float | None
    # Expected seconds of a shoot by engine; an engine that never finished one is missing.
    durations: dict[str, float]
    workers: int
    # Whether all of them compute without a graphics card.
    on_cpu: bool
    waiting: int
    running: int


_NEWCOMER: Final = uuid.UUID(int=0)


def forecast(queue: str) -> Forecast:
    """The forecast of a queue, at most some seconds old. May be called in any scope."""
    key = _cache_key(queue)
    try:
        kept: Forecast | None = cache.get(key)
    except RedisError:
        kept = None
    if kept is None:
        with tenancy.system_scope():
            kept = compute(queue, timezone.now())
        try:
            cache.set(key, kept, _KEPT_S)
        except RedisError:
            return kept
    return kept


def forget_forecast(queue: str) -> None:
    """Somebody has joined or left the queue: the next reader computes anew."""
    try:
        cache.delete(_cache_key(queue))
    except RedisError:
        return


def _cache_key(queue: str) -> str:
    return f"forecast-{queue}"


def compute(queue: str, now: datetime) -> Forecast:
    """The forecast from the rows as they are. Call in the system scope."""
    expected = durations(queue, now)
    alive = workers_alive(queue, now)
    state = _state(queue, expected, now, len(alive))
    return Forecast(
        starts=sharing.starts(state),
        newcomer_s=_newcomer(state, expected),
        durations=expected,
        workers=len(alive),
        on_cpu=bool(alive) and all(worker.device == "cpu" for worker in alive),
        waiting=sum(state.waiting.values()),
        running=len(state.ends),
    )


def _state(queue: str, expected: dict[str, float], now: datetime, workers: int) -> Queue[uuid.UUID]:
    waiting = due(Shoot.objects.filter(queue=queue, status=ShootStatus.QUEUED), now).order_by()
    counts: dict[uuid.UUID, int] = defaultdict(int)
    seconds: dict[uuid.UUID, float] = defaultdict(float)
    for company, engine, count in waiting.values_list("company_id", "engine").annotate(n=Count("pk")):
        counts[company] += count
        seconds[company] += count * expected.get(engine, sharing.UNMEASURED_S)
    ends, busy = _ends(_running(queue, expected, now))
    window = timedelta(seconds=sharing.WINDOW_S)
    expiries = [((when + window - now).total_seconds(), key, took) for key, when, took in recent(queue, now)]
    return Queue(
        waiting=dict(counts),
        duration_s={key: seconds[key] / counts[key] for key in counts},
        loads=loads(queue, expected, now),
        free_s=sorted(busy)[:workers] + [0.0] * max(0, workers - len(busy)),
        expiries=expiries,
        ends=ends,
    )


def _ends(running: list[_Running]) -> tuple[list[tuple[float, uuid.UUID]], list[float]]:
    """Seconds until each shoot is over with its company, and until each of their workers is free: a worker
    makes what it has drawn together one after the other."""
    ends: list[tuple[float, uuid.UUID]] = []
    free: dict[str, float] = {}
    for one in running:
        before = free.get(one.worker)
        # What takes longer than usual is thought to be nearly done.
        left = max(1.0, one.expected_s - one.elapsed_s) if before is None else before + one.expected_s
        free[one.worker] = left
        ends.append((left, one.company))
    return ends, list(free.values())


def _newcomer(state: Queue[uuid.UUID], expected: dict[str, float]) -> float | None:
    """When a company without any waiting shoot would get its first one started."""
    usual = sum(expected.values()) / len(expected) if expected else sharing.UNMEASURED_S
    found = sharing.starts(
        Queue(
            waiting={**state.waiting, _NEWCOMER: 1},
            duration_s={**state.duration_s, _NEWCOMER: usual},
            loads={**state.loads, _NEWCOMER: Load(since=float("inf"))},
            free_s=state.free_s,
            expiries=state.expiries,
            ends=state.ends,
        ),
        most=max(1, len(state.waiting)) * 4,
    )[_NEWCOMER]
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Wait:
    """One shoot's place in its queue. `start_s` and `done_s` are None where nothing honest can be said."""

    start_s: float | None
    done_s: float | None
    # How long such a shoot itself takes.
    own_s: float | None
    # Shoots of the same company before it.
    ahead: int
    workers: int
    on_cpu: bool


def wait_of(shoot: Shoot) -> Wait:
    """How long a queued shoot still waits, and when it will be done. Call in the company's scope."""
    seen = forecast(shoot.queue)
    before = due(Shoot.objects.filter(queue=shoot.queue, status=ShootStatus.QUEUED))
    ahead = before.filter(created_at__lt=shoot.created_at).count()
    own = seen.durations.get(shoot.engine)
    start: float | None = None
    if seen.workers and own is not None:
        foreseen = seen.starts.get(shoot.company_id, [])
        if not foreseen and seen.newcomer_s is not None:
            foreseen = [seen.newcomer_s]
        start = sharing.at(foreseen, ahead, own / seen.workers)
    done = None if start is None or own is None else start + own
    return Wait(start, done, own, ahead, seen.workers, seen.on_cpu)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a company has in the queues: waiting and running shoots, and when the last of them is done."""

    waiting: int = 0
    running: int = 0
    # None where nothing honest can be said.
    done_s: float | None = None
    # Shoots whose queue no worker serves.
    stranded: int = 0


def standing_of(company_id: uuid.UUID) -> Standing:
    """All open shoots of a company. Call in its scope."""
    open_rows = Shoot.objects.filter(status__in=[ShootStatus.QUEUED, ShootStatus.RUNNING]).order_by()
    counts = {
        (queue, status): count
        for queue, status, count in open_rows.values_list("queue", "status").annotate(n=Count("pk"))
    }
    ends: list[float | None] = []
    stranded = 0
    for queue in {queue for queue, _status in counts}:
        seen = forecast(queue)
        waiting = counts.get((queue, ShootStatus.QUEUED), 0)
        if not seen.workers:
            stranded += waiting
        ends.append(_last_end(seen, company_id, waiting))
    known = [end for end in ends if end is not None]
    return Standing(
        waiting=sum(n for (_queue, status), n in counts.items() if status == ShootStatus.QUEUED),
        running=sum(n for (_queue, status), n in counts.items() if status == ShootStatus.RUNNING),
        done_s=max(known) if len(known) == len(ends) and known else None,
        stranded=stranded,
    )


def _last_end(seen: Forecast, company_id: uuid.UUID, waiting: int) -> float | None:
    """When the company's last shoot of a queue is done, seconds from now."""
    if not seen.durations or not seen.workers:
        return None
    longest = max(seen.durations.values())
    if not waiting:
        return longest
    start = sharing.at(seen.starts.get(company_id, []), waiting - 1, longest / seen.workers)
    return None if start is None else start + longest
