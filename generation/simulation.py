"""A queue played through in simulated time: the waiting times that pages show against what came true.

The turns and the forecast are the product's own lines (`sharing`), fed as `turns` feeds them from the
database; made up are only who asks when, how long a shoot really takes, and when a worker breaks down.
"""

import heapq
import itertools
import math
import random
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from generation import sharing
from generation.sharing import Load, Queue

# As in `turns`: finished shoots whose mean is an engine's expected duration.
_MEASURED: Final = 20
# Silence after which a broken worker's shoot is queued again, as HEARTBEAT_TIMEOUT_S.
_SILENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Firm:
    """A company: its engine, its share, and when its people ask (seconds)."""

    name: str
    engine: str
    asks: tuple[float, ...]
    weight: float = 1.0
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to a queue."""

    firms: tuple[Firm, ...]
    workers: int
    # Mean and coefficient of variation of a shoot's true duration, by engine; log-normal.
    durations: dict[str, tuple[float, float]]
    # (worker, breaks down at, comes back at)
    breakdowns: tuple[tuple[int, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What one person was told when they asked, and what came true; seconds until done."""

    firm: str
    estimate_s: float
    actual_s: float

    @property
    def error(self) -> float:
        """Signed, relative to what came true: above 0 was told too much."""
        return (self.estimate_s - self.actual_s) / self.actual_s


@dataclass(slots=True)
class _Job:
    firm: Firm
    asked: float
    started: float = 0.0
    estimate: float | None = None


@dataclass(slots=True)
class Simulation:
    """One run. `share` of the people are asked to compare; forecasts for all would only take longer."""

    scenario: Scenario
    seed: int = 0
    share: float = 1.0
    told: list[Told] = field(default_factory=list)
    _now: float = 0.0
    _random: random.Random = field(default_factory=random.Random)
    _number: "itertools.count[int]" = field(default_factory=itertools.count)
    _events: list[tuple[float, int, str, object]] = field(default_factory=list)
    _waiting: dict[str, deque[_Job]] = field(default_factory=lambda: defaultdict(deque))
    _running: dict[int, tuple[_Job, float]] = field(default_factory=dict)
    _idle: list[int] = field(default_factory=list)
    _dead: set[int] = field(default_factory=set)
    _recent: list[tuple[float, str, float]] = field(default_factory=list)
    _measured: dict[str, deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_MEASURED))
    )

    def run(self) -> list[Told]:
        """Play until everybody is served; what people were told and what came true."""
        self._random.seed(self.seed)
        self._idle = list(range(self.scenario.workers))
        for firm in self.scenario.firms:
            for when in firm.asks:
                self._plan(when, "ask", firm)
        for worker, begin, end in self.scenario.breakdowns:
            self._plan(begin, "break", worker)
            self._plan(end, "return", worker)
        steps = {"ask": self._ask, "done": self._done, "break": self._break, "return": self._return,
                 "again": self._again}  # fmt: skip
        while self._events:
            self._now, _, kind, what = heapq.heappop(self._events)
            steps[kind](what)  # type: ignore[operator]
            self._assign()
        return self.told

    def _plan(self, when: float, kind: str, what: object) -> None:
        heapq.heappush(self._events, (when, next(self._number), kind, what))

    # --- what happens ----------------------------------------------------------------------------

    def _ask(self, firm: Firm) -> None:
        job = _Job(firm, self._now)
        self._waiting[firm.name].append(job)
        if self._random.random() < self.share:
            job.estimate = self.forecast(firm, len(self._waiting[firm.name]) - 1)

    def _assign(self) -> None:
        while self._idle:
            loads = {name: load for name, load in self._loads().items() if self._waiting[name]}
            name = sharing.whose_turn(loads)
            if name is None:
                return
            job, worker = self._waiting[name].popleft(), self._idle.pop()
            job.started = self._now
            end = self._now + self._true_duration(job.firm.engine)
            self._running[worker] = (job, end)
            self._plan(end, "done", (worker, job))

    def _done(self, what: tuple[int, _Job]) -> None:
        worker, job = what
        if self._running.get(worker, (None, 0.0))[0] is not job:
            # Its worker broke down meanwhile.
            return
        del self._running[worker]
        took = self._now - job.started
        self._recent.append((self._now, job.firm.name, took))
        self._measured[job.firm.engine].append(took)
        if job.estimate is not None:
            self.told.append(Told(job.firm.name, job.estimate, self._now - job.asked))
        self._idle.append(worker)

    def _break(self, worker: int) -> None:
        self._dead.add(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        elif worker in self._running:
            job, _end = self._running.pop(worker)
            self._plan(self._now + _SILENCE_S, "again", job)

    def _again(self, job: _Job) -> None:
        self._waiting[job.firm.name].appendleft(job)

    def _return(self, worker: int) -> None:
        self._dead.discard(worker)
        self._idle.append(worker)

    def _true_duration(self, engine: str) -> float:
        mean, variation = self.scenario.durations[engine]
        # A log-normal of that mean: mu and sigma from mean and coefficient of variation.

        sigma = math.sqrt(math.log(1 + variation**2))
        return self._random.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)

    # --- what is told ----------------------------------------------------------------------------

    def forecast(self, firm: Firm, place: int) -> float | None:
        """Seconds until this firm's waiting shoot at that place is done, as the pages would say."""
        own = self._expected(firm.engine)
        if own is None:
            return None
        workers = self.scenario.workers - len(self._dead)
        start = sharing.at(sharing.starts(self._state(workers)).get(firm.name, []), place, own / workers)
        return None if start is None else start + own

    def _expected(self, engine: str) -> float | None:
        measured = self._measured[engine]
        return sum(measured) / len(measured) if measured else None

    def _usual(self, engine: str) -> float:
        return self._expected(engine) or sharing.UNMEASURED_S

    def _loads(self) -> dict[str, Load]:
        begin = self._now - sharing.WINDOW_S
        self._recent = [row for row in self._recent if row[0] > begin]
        found = {}
        for firm in self.scenario.firms:
            running = [job for job, _end in self._running.values() if job.firm is firm]
            waiting = self._waiting[firm.name]
            found[firm.name] = Load(
                weight=firm.weight,
                quota=firm.quota,
                running=len(running),
                used_s=sharing.use(
                    (took for _when, name, took in self._recent if name == firm.name),
                    ((self._now - job.started, self._usual(firm.engine)) for job in running),
                ),
                since=waiting[0].asked if waiting else 0.0,
            )
        return found

    def _state(self, workers: int) -> Queue[str]:
        left = [
            (max(1.0, self._usual(job.firm.engine) - (self._now - job.started)), job.firm.name)
            for job, _end in self._running.values()
        ]
        return Queue(
            waiting={name: len(jobs) for name, jobs in self._waiting.items() if jobs},
            duration_s={firm.name: self._usual(firm.engine) for firm in self.scenario.firms},
            loads=self._loads(),
            free_s=[seconds for seconds, _name in left] + [0.0] * (workers - len(left)),
            expiries=[(when + sharing.WINDOW_S - self._now, name, took) for when, name, took in self._recent],
            ends=left,
        )


# --- scenarios and what they show ----------------------------------------------------------------


def launch(seed: int, people: int = 2000, hours: float = 4.0, workers: int = 4) -> Scenario:
    """A working day: one company of `people` launches within half an hour, two of a twentieth within ten
    minutes, six others have somebody every few minutes; one worker breaks down for a while."""
    chance = random.Random(seed)
    ends = hours * 3600
    firms = [Firm("giant", "sdxl", _burst(chance, people, 1800, 1800))]
    firms += [
        Firm(f"middle {n}", "edit", _burst(chance, max(1, people // 20), 3600.0 * n, 600), weight=1.0 + n)
        for n in (1, 2)
    ]
    firms += [Firm(f"small {n}", ("sdxl", "edit")[n % 2], _trickle(chance, 400.0, ends)) for n in range(6)]
    broken = ((0, ends * 0.4, ends * 0.4 + 1200),)
    return Scenario(tuple(firms), workers, {"sdxl": (24.0, 0.35), "edit": (12.0, 0.5)}, broken)


def _burst(chance: random.Random, people: int, begin: float, within: float) -> tuple[float, ...]:
    # Most open their mail at once: the square makes the beginning dense.
    return tuple(sorted(begin + within * chance.random() ** 2 for _ in range(people)))


def _trickle(chance: random.Random, every: float, until: float) -> tuple[float, ...]:
    found: list[float] = []
    now = chance.expovariate(1 / every)
    while now < until:
        found.append(now)
        now += chance.expovariate(1 / every)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Row:
    """How good what was told was, for waits of one length. Errors are relative to what came true."""

    label: str
    people: int
    # Median and 90th percentile of the absolute error, and the median signed one.
    median: float
    ninetieth: float
    bias: float


_LENGTHS: Final = ((60.0, "under 1 min"), (600.0, "1 to 10 min"), (3600.0, "10 to 60 min"),
                   (float("inf"), "over 1 hour"))  # fmt: skip


def judge(told: Sequence[Told]) -> list[Row]:
    """The errors by how long the wait really was, and over all."""
    rows, below = [_row("all", told)], 0.0
    for bound, label in _LENGTHS:
        part = [one for one in told if below <= one.actual_s < bound]
        below = bound
        if part:
            rows.append(_row(label, part))
    return rows


def _row(label: str, told: Sequence[Told]) -> Row:
    sizes = sorted(abs(one.error) for one in told)
    signed = sorted(one.error for one in told)
    return Row(label, len(told), _at(sizes, 0.5), _at(sizes, 0.9), _at(signed, 0.5))


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


@dataclass(frozen=True, slots=True)
class Waited:
    """How long the people of one kind of company really waited until their pictures were done."""

    firm: str
    people: int
    median_s: float
    ninetieth_s: float
    longest_s: float


def waits(told: Sequence[Told]) -> list[Waited]:
    """By kind of company: the first word of its name."""
    kinds: dict[str, list[float]] = defaultdict(list)
    for one in told:
        kinds[one.firm.split()[0]].append(one.actual_s)
    return [
        Waited(kind, len(times), _at(sorted(times), 0.5), _at(sorted(times), 0.9), max(times))
        for kind, times in sorted(kinds.items())
    ]
