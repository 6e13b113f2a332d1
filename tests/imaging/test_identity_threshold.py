"""An encoder's threshold, measured on labelled photos."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from generation.imaging import samples
from generation.imaging.calibrate import threshold_at, threshold_range


@pytest.mark.parametrize("seed", range(4))
def test_the_tail_finds_what_cannot_be_counted(seed: int) -> None:
    """Distances of different people are nearly normal; their 1e-4 quantile lies 3.72 deviations down."""
    drawn = list(np.random.default_rng(seed).normal(0.8, 0.08, 6000))
    truth = 0.8 - 3.72 * 0.08
    found, (low, high) = threshold_at(drawn, 1e-4), threshold_range(drawn, 1e-4)
    assert found == pytest.approx(truth, abs=0.05)
    assert low < found < high
    assert low - 0.02 < truth < high + 0.02


def test_fewer_pairs_say_less() -> None:
    drawn = list(np.random.default_rng(1).normal(0.8, 0.08, 6000))
    widths = [high - low for low, high in (threshold_range(drawn[:count], 1e-4) for count in (1000, 6000))]
    assert widths[0] > 1.3 * widths[1]


def test_a_rate_that_can_be_counted_is_counted() -> None:
    distances = list(np.linspace(0, 1, 1001))
    assert threshold_at(distances, 0.1) == pytest.approx(0.1, abs=0.002)


def test_too_few_pairs_are_no_tail() -> None:
    with pytest.raises(ValueError, match="too few"):
        threshold_at([0.5] * 10, 1e-4)


def people(folder: Path) -> Path:
    for name, content in samples.portrait_files().items():
        person = folder / name.partition(".")[0]
        person.mkdir(parents=True)
        for copy in ("a.png", "b.png"):
            (person / copy).write_bytes(content)
    return folder


def test_the_command_compares_all_pairs(tmp_path: Path) -> None:
    out = io.StringIO()
    call_command(
        "models", "measure", "dlib-resnet-v1", people(tmp_path / "p"), "--json", stdout=out, stderr=out
    )
    found = json.loads(out.getvalue()[out.getvalue().index("{") :])
    assert (found["people"], found["photos"]) == (2, 4)
    assert (found["same_pairs"], found["different_pairs"]) == (2, 4)
    assert found["usual_same"] == 0
    assert found["nearest_different"] > 0.6
    # Too few to say.
    assert found["threshold"] is None


def test_too_few_people_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="At least 780 pairs"):
        call_command("models", "measure", "dlib-resnet-v1", people(tmp_path / "p"), stderr=io.StringIO())
    with pytest.raises(CommandError) as caught:
        call_command("models", "measure", "dlib-resnet-v1", tmp_path / "nowhere")
    assert caught.value.returncode == 2
