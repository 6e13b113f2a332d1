"""python manage.py fairness: how an engine treats the people of a labelled test set, as HTML, PDF and JSON.

No database, no Redis, no network.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from branding.look import Look
from generation.imaging import fairness, fairness_groups, fairness_page, threads
from generation.imaging.engines.table import find_engine, find_offer
from generation.imaging.errors import EngineError
from generation.imaging.messages import sentence
from generation.management import arguments
from generation.management.spawning import in_processes

MISUSE = 2


class Command(BaseCommand):
    help = "Compare likeness, skin drift and refusals between the groups that a test set labels."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source",
            type=Path,
            metavar="LABELLED_DIR_or_CSV",
            help="CSV with file, person and any of tone, age_band, gender_presentation; a folder with such a "
            "labels.csv; or a folder <person>/<photo> without labels (tones are measured)",
        )
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--engine", default=None)
        parser.add_argument("--style", default="corporate", metavar="NAME_OR_FILE")
        parser.add_argument("--count", type=arguments.whole(1, 100), default=4)
        parser.add_argument("--size", type=arguments.size, default=(819, 1024))
        parser.add_argument("--seed", type=arguments.whole(0, 2**32 - 1), default=0)
        parser.add_argument("--workers", type=arguments.whole(1, 64), default=None,
                            help="default: the cores; one for engines of the graphics card")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        look = arguments.look(options["style"], options["engine"])
        offer = find_offer(look.engine)
        sitters = _sitters(options["source"])
        _writable(options["out"])
        trials = [
            fairness.Trial(one, look, options["seed"], options["count"], options["size"]) for one in sitters
        ]
        workers = options["workers"] or (1 if offer.queue == "gpu" else threads.cores())
        try:
            results = list(self._told(in_processes(fairness.sit, trials, workers), len(trials)))
        except EngineError as error:
            raise CommandError(_told(error), returncode=1) from error
        results.sort(key=lambda one: one.person)
        findings = fairness_groups.judge(results, drawn=offer.source == "generated")
        heading = _heading(look, options, results)
        _write(options["out"], heading, findings, results)
        self._sum_up(options["out"], findings)

    def _told(self, results: Iterator[fairness.Result], total: int) -> Iterator[fairness.Result]:
        for number, result in enumerate(results, 1):
            what = f"{result.shown} pictures" if result.shown else f"none ({result.failed})"
            self.stdout.write(f"[{number}/{total}] {result.person}: {what}")
            self.stdout.flush()
            yield result

    def _sum_up(self, out: Path, findings: fairness_groups.Findings) -> None:
        worse = [gap for gap in findings.gaps if gap.worse]
        clear = sum(gap.clear for gap in worse)
        self.stdout.write(
            f"{findings.everybody.people} people, {findings.comparisons} comparisons: {clear} clear gaps, "
            f"{len(worse) - clear} worth a look, {len(findings.missed)} bars missed, "
            f"{len(findings.small)} groups too small to judge: {out / 'fairness.html'}"
        )


def _sitters(source: Path) -> list[fairness.Sitter]:
    try:
        sitters = fairness.read_sitters(source)
    except fairness.LabelError as error:
        raise CommandError(str(error), returncode=MISUSE) from error
    if not sitters:
        raise CommandError(f"{source} holds nobody.", returncode=MISUSE)
    return sitters


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"Cannot write to {out}: {error.strerror}", returncode=MISUSE) from error


def _told(error: EngineError) -> str:
    try:
        return sentence(error.code, **error.data)
    except KeyError:
        return str(error)


def _heading(
    look: Look, options: dict[str, Any], results: Sequence[fairness.Result]
) -> fairness_page.Heading:
    width, height = options["size"]
    return fairness_page.Heading(
        engine=look.engine,
        version=find_engine(look.engine).version,
        style=Path(options["style"]).stem,
        day=datetime.now(UTC).date().isoformat(),
        people=len(results),
        photos=sum(one.photos for one in results),
        pictures=sum(one.shown for one in results),
        labelled=sum(one.tone_by == "labelled" for one in results),
        measured=sum(one.tone_by == "measured" for one in results),
        settings=f"up to {options['count']} a person at {width} × {height}, seed {options['seed']}",
    )


def _write(
    out: Path,
    heading: fairness_page.Heading,
    findings: fairness_groups.Findings,
    results: Sequence[fairness.Result],
) -> None:
    content = {
        **asdict(heading),
        "everybody": asdict(findings.everybody),
        "groups": [{**asdict(group), "judged": group.judged} for group in findings.groups],
        "gaps": [asdict(gap) for gap in findings.gaps],
        "missed": [asdict(one) for one in findings.missed],
        "too_small": [
            {"attribute": attribute, "label": label, "people": people}
            for attribute, label, people in findings.small
        ],
        "comparisons": findings.comparisons,
        "results": [asdict(result) for result in results],
    }
    (out / "fairness.json").write_text(json.dumps(content, indent=1, ensure_ascii=False))
    page = fairness_page.page(heading, findings)
    (out / "fairness.html").write_text(page)
    (out / "fairness.pdf").write_bytes(_pdf(page))


def _pdf(page: str) -> bytes:
    # Late: importing it makes Pillow take truncated photos for whole ones, which the photo check must not.
    from weasyprint import HTML

    return bytes(HTML(string=page).write_pdf())
