"""An engine for tests of workers: the studio, made slow step by step on the gpu queue, so that a test can
stop, kill or hang it in the middle. It takes the place of `wardrobe`."""

import ctypes
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from generation.imaging.engines import table
from generation.imaging.engines.base import Outcome, Portrait, Sitter, step_stage
from generation.imaging.engines.company import Company
from generation.imaging.engines.studio import Studio
from generation.imaging.types import Gallery, Progress

NAME = "wardrobe"
STEPS = 60
OFFER = table.Offer(NAME, "gpu", "generated", "tests.engines:Stepping")


def register() -> None:
    """Offer it in this process; a worker process does so when TEST_ENGINE names a folder."""
    table.ENGINES[NAME] = OFFER


class Stepping(Studio):
    """Writes each step to `steps` in the folder of TEST_ENGINE; a file `hang` there hangs the next step."""

    name = NAME
    version = "test"

    def photograph(
        self, gallery: Gallery, look: Any, *, progress: Progress, **rest: Any
    ) -> Iterator[Portrait]:
        """STEPS steps of TEST_STEP_S seconds, then the studio's portraits."""
        self._step(progress)
        yield from super().photograph(gallery, look, progress=progress, **rest)

    def at_once(self, look: Any) -> int:
        """As TEST_TOGETHER says: one picture, and so one person, without it."""
        return int(os.environ.get("TEST_TOGETHER", "1"))

    def photograph_together(self, sitters: Sequence[Sitter], look: Any) -> list[Outcome]:
        """The same steps once for all of them."""
        company = Company(sitters)

        def portraits() -> Iterator[tuple[int, Portrait]]:
            self._step(company.progress)
            for at, one in company.present():
                rest = {"sitting": one.sitting, "seed": one.seed, "count": one.count}
                for portrait in Studio.photograph(self, one.gallery, look, progress=one.progress, **rest):
                    yield at, portrait

        return company.outcomes(portraits())

    def _step(self, progress: Progress) -> None:
        folder = Path(os.environ["TEST_ENGINE"])
        for step in range(1, STEPS + 1):
            progress(step_stage("generate", step, STEPS), step / STEPS)
            with (folder / "steps").open("a") as steps:
                steps.write(f"{os.getpid()} {step}\n")
            if (folder / "hang").exists():
                (folder / "hang").unlink()
                # PyDLL keeps the interpreter's lock: no Python thread runs any more, as in a broken driver.
                ctypes.PyDLL(None).sleep(3600)
            time.sleep(float(os.environ.get("TEST_STEP_S", "0.02")))
