"""python manage.py models: the weights that an operator installs.

    models list [--json]
    models install NAME [--from DIR_OR_ZIP] [--offline] [--yes]
    models verify [NAME …] [--json]
    models remove NAME [--yes]
    models accept NAME [--who WHO] [--yes]
    models measure NAME PEOPLE_DIR [--json]

No database, no Redis; the network only for an installation without --from. Exit status 0 when it was done,
1 when it could not be, 2 on misuse, 130 when it was stopped.
"""

import dataclasses
import getpass
import json
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.core.management.base import BaseCommand, CommandError

from generation.imaging.errors import EngineError
from generation.imaging.messages import told
from generation.imaging.models.configured import DEFAULT_ENCODER
from generation.imaging.models.configured import store as configured_store
from generation.imaging.models.store import VERIFY, ModelState, ModelStore
from generation.imaging.models.table import ModelEntry

if TYPE_CHECKING:
    from generation.imaging import calibrate

MISUSE, STOPPED = 2, 130
_MISUSED: Final = {"model_unknown", "model_source", "model_carried", "model_no_download"}
_HEAD: Final = ("name", "role", "state", "size", "licence", "commercial")
# Outside of a terminal progress is told in this many steps.
_STEPS: Final = 10
# Seconds until a driver that hangs counts as none.
_PATIENCE_S: Final = 10


class Command(BaseCommand):
    """`models`: list, install, verify, remove models; accept their licences."""

    help = "List, install, verify and remove models, and accept their licences."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One parser for each act."""
        acts = parser.add_subparsers(
            dest="act", required=True, metavar="list|install|verify|remove|accept|measure"
        )
        one = acts.add_parser("list", help="the table: name, role, state, size, licence")
        one.add_argument("--json", action="store_true", help="as JSON, with everything known")
        one = acts.add_parser("install", help="download a model, or copy it from a folder or zip file")
        one.add_argument("name", metavar="NAME")
        one.add_argument("--from", dest="source", type=Path, metavar="DIR_OR_ZIP")
        one.add_argument("--offline", action="store_true", help="never use the network")
        one.add_argument("--yes", action="store_true", help="do not ask")
        one = acts.add_parser("verify", help="hash every file of these models (default: all installed)")
        one.add_argument("names", metavar="NAME", nargs="*")
        one.add_argument("--json", action="store_true")
        one = acts.add_parser("remove", help="delete a model from the store")
        one.add_argument("name", metavar="NAME")
        one.add_argument("--yes", action="store_true", help="do not ask")
        one = acts.add_parser("accept", help="record that you accept a model's licence")
        one.add_argument("name", metavar="NAME")
        one.add_argument("--who", default="", help="who accepts it (default: the system user)")
        one.add_argument("--yes", action="store_true", help="do not ask")
        one = acts.add_parser("measure", help="measure an identity encoder's threshold on labelled photos")
        one.add_argument("name", metavar="NAME")
        one.add_argument("people", metavar="PEOPLE_DIR", type=Path, help="PEOPLE_DIR/<person>/<photo>")
        one.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one act; raises CommandError with the exit status."""
        store = configured_store()
        if options.get("offline"):
            store = dataclasses.replace(store, offline=True)
        try:
            getattr(self, f"_{options['act']}")(store, options)
        except EngineError as error:
            status = MISUSE if error.code in _MISUSED else 1
            raise CommandError(told(error), returncode=status) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}", returncode=1) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. What was fetched is kept.", returncode=STOPPED) from None

    # --- list and verify -----------------------------------------------------------------------

    def _list(self, store: ModelStore, options: dict[str, Any]) -> None:
        states = [store.state(name) for name in store.table()]
        if options["json"]:
            self.stdout.write(json.dumps({"models": [_row(state) for state in states]}, indent=1))
            return
        self._table([_HEAD, *(_cells(state) for state in states)])
        self.stdout.write(f"\nIn {store.root}. Sizes with ~ are what the publisher states.")

    def _table(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())

    def _verify(self, store: ModelStore, options: dict[str, Any]) -> None:
        names = options["names"] or [
            name for name in store.table() if store.state(name).state not in {"missing", "partial"}
        ]
        rows = []
        for name in names:
            row = {"name": name, "ok": True, "code": "", "message": "as it was installed"}
            try:
                store.verify(name, self._progress(f"{name}: "))
            except EngineError as error:
                if error.code in _MISUSED:
                    raise
                row |= {"ok": False, "code": error.code, "message": told(error)}
            rows.append(row)
        if options["json"]:
            self.stdout.write(json.dumps({"models": rows}, indent=1))
        else:
            self._table(
                [(str(row["name"]), "ok" if row["ok"] else "NO", str(row["message"])) for row in rows]
            )
        if not all(row["ok"] for row in rows):
            sys.exit(1)

    # --- install and remove --------------------------------------------------------------------

    def _install(self, store: ModelStore, options: dict[str, Any]) -> None:
        name, source = options["name"], options["source"]
        entry = store.entry(name)
        if entry.wheel:
            raise EngineError("model_carried", model=name, package=entry.wheel.package)
        store.check_licence(entry)
        if source is None:
            self._say_download(store, entry)
        self._say_needs(store, entry)
        self._ask(f"Install {name}?", options)
        if source is None:
            store.install_from_hub(name, self._progress(""))
        else:
            store.install_from_directory(name, source, self._progress(""))
        state = store.state(name)
        self.stdout.write(f"{name} is installed: {_size(state.size_bytes)}, revision {state.revision}.")
        if state.pinned == "first use":
            self.stdout.write("Its checksums were taken now; from here on any change is noticed.")

    def _say_download(self, store: ModelStore, entry: ModelEntry) -> None:
        listing = store.listing(entry.name)
        if listing is None:
            self.stdout.write(f"From {entry.archive}")
            return
        known = "from the table" if entry.files else "from the hub's own listing, pinned on first use"
        self.stdout.write(f"From {entry.source} at commit {listing.revision}")
        self.stdout.write(f"{len(listing.files)} files, {_size(listing.size_bytes)}, checksums {known}")

    def _say_needs(self, store: ModelStore, entry: ModelEntry) -> None:
        place = next(folder for folder in (store.root, *store.root.parents) if folder.exists())
        free = shutil.disk_usage(place).free
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        needs = entry.needs
        self.stdout.write(f"Licence: {entry.licence}" + ("" if entry.commercial else " (non-commercial)"))
        self.stdout.write(f"Disk: about {_size(needs.disk)}; {_size(free)} free in {store.root}")
        self.stdout.write(f"Memory when loaded: about {_size(needs.ram)}; this machine has {_size(memory)}")
        cards = ", ".join(map(_size, _cards())) or "no card is seen here"
        self.stdout.write(f"Graphics memory when loaded: about {_size(needs.gpu)}; {cards}")

    def _remove(self, store: ModelStore, options: dict[str, Any]) -> None:
        state = store.state(options["name"])
        self._ask(f"Delete {options['name']} ({_size(state.size_bytes)})?", options)
        there = store.remove(options["name"])
        self.stdout.write(f"{options['name']} is removed." if there else f"{options['name']} was not there.")

    def _accept(self, store: ModelStore, options: dict[str, Any]) -> None:
        entry = store.entry(options["name"])
        self.stdout.write(f"{entry.name}: {entry.licence}, see {entry.source}")
        if not entry.commercial:
            self.stdout.write("It forbids commercial use; a licence of your own must cover yours.")
        self._ask("Do you accept it?", options)
        who = options["who"].strip() or getpass.getuser()
        store.accept_licence(entry.name, who)
        self.stdout.write(f"Recorded for {who}.")

    def _measure(self, store: ModelStore, options: dict[str, Any]) -> None:
        # Imported late: nothing else here needs the face models.
        from generation.imaging import calibrate
        from generation.imaging.identity.encoders import encoder_of
        from generation.imaging.shoot_folder import find_people

        if not options["people"].is_dir():
            raise CommandError(f"{options['people']} is not a folder.", returncode=MISUSE)
        encoder = encoder_of(store, options["name"])
        progress = Progress(self, "", plain=True)
        found = calibrate.measure(
            encoder, find_people(options["people"]), lambda done, total: progress("photos", done, total)
        )
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(found), indent=1))
            return
        self.stdout.write(
            f"{found.photos} photos of {found.people} people: {found.different_pairs} pairs of different "
            f"people, {found.same_pairs} of the same."
        )
        if found.threshold is None:
            raise CommandError(f"At least {calibrate.LEAST_PAIRS} pairs of different people are needed.")
        self._say_measured(options["name"], encoder.facts.threshold, found)

    def _say_measured(self, name: str, ours: float, found: "calibrate.Measured") -> None:
        def share(value: float | None) -> str:
            return "none to compare" if value is None else f"{value:.1%} of the same person's pairs pass"

        self.stdout.write(f"Nearest two different people: {found.nearest_different:.3f}")
        if found.usual_same is not None:
            self.stdout.write(
                f"Same person: usually {found.usual_same:.3f}, at most {found.farthest_same:.3f}"
            )
        self.stdout.write(f"Threshold of the table: {ours:.3f}; {share(found.ours)}")
        self.stdout.write(
            f"Threshold at a false match rate of 1e-4: {found.threshold:.3f} (nine times of ten between "
            f"{found.low:.3f} and {found.high:.3f}); {share(found.accepted)}"
        )
        if name != DEFAULT_ENCODER:
            self.stdout.write(f"To use it, copy the entry {name} into table.toml with this threshold.")

    # --- talking -------------------------------------------------------------------------------

    def _ask(self, question: str, options: dict[str, Any]) -> None:
        """Go on only after a yes. Raises CommandError."""
        if options["yes"]:
            return
        if not sys.stdin.isatty():
            raise CommandError(f"{question} Nobody can be asked here: add --yes.", returncode=MISUSE)
        self.stdout.write(f"{question} [y/N] ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.", returncode=1)

    def _progress(self, prefix: str) -> "Progress":
        return Progress(self, prefix)


class Progress:
    """Says on standard error how far it is: one line that changes in a terminal, else a few lines."""

    def __init__(self, command: Command, prefix: str, *, plain: bool = False) -> None:
        self.command, self.prefix = command, prefix
        # Plain numbers instead of bytes.
        self.worded = str if plain else _size
        self.step = -1
        self.live = sys.stderr.isatty()

    def __call__(self, what: str, done: int, total: int) -> None:
        step = _STEPS * done // total if total else done // 100_000_000
        if not self.live and step == self.step:
            return
        self.step = step
        doing = "checking" if what == VERIFY else what
        far = f"{self.worded(done)} of {self.worded(total)}" if total else self.worded(done)
        line = f"{self.prefix}{far}  {doing}"
        self.command.stderr.write(
            f"\r\033[K{line}" if self.live else line,
            style_func=str,
            ending="\n" if not self.live or done == total else "",
        )


def _row(state: ModelState) -> dict[str, Any]:
    entry = state.entry
    return {
        "name": entry.name,
        "role": entry.role,
        "state": state.state,
        "refused": state.refused,
        "size_bytes": state.size_bytes,
        "revision": state.revision,
        "pinned": state.pinned,
        "licence": entry.licence,
        "commercial": entry.commercial,
        "accepted_by": state.accepted_by,
        "needs_bytes": dataclasses.asdict(entry.needs),
        "repo": entry.repo,
        "source": entry.source,
    }


def _cells(state: ModelState) -> tuple[str, ...]:
    entry = state.entry
    size = _size(state.size_bytes) if state.size_bytes else f"~{_size(entry.needs.disk)}"
    refusals = {"model_licence": "switched off", "model_not_accepted": "licence not accepted"}
    refused = state.state in {"installed", "missing"} and refusals.get(state.refused or "")
    what = f"{state.state}, {refused}" if refused else state.state
    return entry.name, entry.role, what, size, entry.licence, "yes" if entry.commercial else "no"


def _cards() -> list[int]:
    """Bytes of memory of each graphics card that the driver's own tool sees; empty without one."""
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [int(line) * 1024**2 for line in told.split() if line.isdigit()]


def _size(count: int) -> str:
    """Decimal units, as disks and the hub count."""
    if count >= 1_000_000_000:
        return f"{count / 1e9:.1f} GB"
    if count >= 1_000_000:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e3:.0f} kB"
