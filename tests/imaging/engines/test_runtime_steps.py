"""Between two steps: progress for the page, a stop that is heard, a watchdog for the step that never ends."""

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from generation.imaging.engines.steps import EXIT_HUNG, Heartbeat, Steps, Watchdog
from generation.imaging.errors import Cancelled


def test_every_step_is_told_as_its_share_of_the_whole() -> None:
    told: list[tuple[str, float]] = []
    steps = Steps(lambda stage, share: told.append((stage, share)), 4, start=0.5, end=0.9)
    steps.tell(0)
    for step in range(4):
        steps(SimpleNamespace(), step, 0, {})
    assert [stage for stage, _ in told] == [
        "generate", "generate:1/4", "generate:2/4", "generate:3/4", "generate:4/4",
    ]  # fmt: skip
    assert [round(share, 3) for _, share in told] == [0.5, 0.6, 0.7, 0.8, 0.9]


def test_stopping_marks_the_pipeline_and_reaches_the_caller() -> None:
    def stop(stage: str, share: float) -> None:
        raise Cancelled("asked")

    pipe = SimpleNamespace(_interrupt=False)
    with pytest.raises(Cancelled):
        Steps(stop, 4)(pipe, 0, 0, {})
    assert pipe._interrupt


def test_the_watchdog_tells_once_of_a_step_that_went_silent() -> None:
    now, hangs, heard = [0.0], [], threading.Event()
    heartbeat = Heartbeat(clock=lambda: now[0])

    def on_hang(hang: object) -> None:
        hangs.append(hang)
        heard.set()

    with Watchdog(heartbeat, on_hang, look_s=0.001):
        heartbeat.begin("sdxl", limit_s=60)
        now[0] = 59
        heartbeat.beat()
        now[0] = 118
        assert not heard.wait(0.05)
        now[0] = 120
        assert heard.wait(10)
        threading.Event().wait(0.05)
        heartbeat.end()
    assert [(one.what, one.age_s) for one in hangs] == [("sdxl", 61)]
    assert heartbeat.age_s() is None


def test_leaving_ends_a_process_whose_step_hangs_and_shows_where() -> None:
    code = (
        "import threading\n"
        "from generation.imaging.engines.steps import Heartbeat, Watchdog, leave\n"
        "heartbeat = Heartbeat()\n"
        "heartbeat.begin('sdxl', limit_s=0.05)\n"
        "def hung_kernel(): threading.Event().wait()\n"
        "with Watchdog(heartbeat, leave, look_s=0.01): hung_kernel()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == EXIT_HUNG
    assert "hung_kernel" in done.stderr


def test_the_first_call_of_each_kind_is_given_time_to_compile() -> None:
    pytest.importorskip("torch")
    from generation.imaging.engines.placement import Needs
    from generation.imaging.engines.runtime import Loaded, Runtime, RuntimeOptions
    from generation.imaging.engines.steps import Steps
    from generation.imaging.engines.tuning import Tuned

    runtime, limits = Runtime(RuntimeOptions(device="cpu", step_limit_s=1)), []

    def pipe(callback_on_step_end: object, **arguments: object) -> None:
        assert runtime.heartbeat._now is not None
        limits.append(runtime.heartbeat._now[2])

    loaded = Loaded("sdxl", pipe, Needs(0, 0), "full", Tuned(), runtime, 0.0)
    for width, count in ((64, 1), (64, 1), (128, 1), (128, 4), (128, 4)):
        loaded.call(Steps(lambda stage, share: None, 2), width=width, generator=[None] * count)
    longest = max(limits)
    assert [one == longest for one in limits] == [True, False, True, True, False]
