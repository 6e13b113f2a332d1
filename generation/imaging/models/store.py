"""The model store: weights that an operator has installed, verified before anything opens them.

    ROOT/table.toml              the operator's own entries
    ROOT/licences.json           who accepted which licence, when
    ROOT/.locks/NAME             held while a model is installed or removed
    ROOT/.partial/NAME/          what a broken-off installation left; the next one goes on from there
    ROOT/NAME/manifest.json      where it came from, the sha256 of every file
    ROOT/NAME/files/             the model, in the layout of its repository

A model appears under its name by one rename of a finished folder. Trust is on first use where the table knows
no checksum: what the hub listed at the installation is pinned in the manifest from then on.
"""

import contextlib
import os
import shutil
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from generation.imaging.errors import EngineError
from generation.imaging.models import archives, safety
from generation.imaging.models import manifest as manifests
from generation.imaging.models.locks import locked
from generation.imaging.models.manifest import Manifest, Stamp
from generation.imaging.models.shipped import SHIPPED
from generation.imaging.models.table import ModelEntry, ModelFile, read_table

if TYPE_CHECKING:
    from generation.imaging.models.hub import Listing

StateName = Literal["missing", "partial", "installed", "changed", "incomplete", "carried"]
# Told of what is being done (a file's path, or `VERIFY`), bytes done and bytes in all; may raise `Cancelled`.
InstallProgress = Callable[[str, int, int], None]
# Left free beside a model: a full disk stops the portal, not only the installation.
SPARE_BYTES: Final = 512 * 1024 * 1024
# What `InstallProgress` hears while checksums are taken.
VERIFY: Final = "verify"
_FILES: Final = "files"


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model as it is now. `refused` is the code why it would not load though its files are there."""

    entry: ModelEntry
    state: StateName
    size_bytes: int
    revision: str
    pinned: str
    refused: str | None
    accepted_by: str


def quiet(what: str, done: int, total: int) -> None:
    """A progress that tells nobody."""


@dataclass(frozen=True)
class ModelStore:
    """The store in the folder `root`. Cheap to make; picklable.

    `allow_noncommercial` is the operator's word that they hold a licence; `offline` forbids every download.
    """

    root: Path
    allow_noncommercial: bool = field(default=False, kw_only=True)
    offline: bool = field(default=False, kw_only=True)

    # --- the table -----------------------------------------------------------------------------

    def table(self) -> dict[str, ModelEntry]:
        """All entries by name, the operator's over the shipped ones. Raises EngineError
        `model_table_invalid`."""
        return {**SHIPPED, **read_table(self.root / "table.toml")}

    def entry(self, name: str) -> ModelEntry:
        """The entry of that name. Raises EngineError `model_unknown`."""
        found = self.table().get(name)
        if found is None:
            raise EngineError("model_unknown", model=name)
        return found

    # --- use -----------------------------------------------------------------------------------

    def locate(self, name: str) -> Path:
        """The folder of an installed model (the file itself for one that a wheel carries), verified.

        Content is hashed again only where a file's stamp has changed. Raises EngineError `model_unknown`,
        `model_missing`, `model_licence`, `model_not_accepted`, `model_incomplete` or `model_changed`.
        """
        entry = self.entry(name)
        if entry.wheel:
            return entry.wheel.verify()
        self.check_licence(entry)
        folder = self.root / name
        found = self._manifest(entry)
        if self._intact(entry, found):
            return folder / _FILES
        # Stamps are taken before the content is read: a change in between shows next time.
        stamped = found.stamped(folder / _FILES)
        self._check_content(entry, found, quiet)
        # A store that this process may only read is hashed again by the next.
        with contextlib.suppress(OSError):
            manifests.write(folder, stamped)
        return folder / _FILES

    def check_licence(self, entry: ModelEntry) -> None:
        """Raise EngineError `model_licence` or `model_not_accepted` when the model may not be used here."""
        if not entry.commercial and not self.allow_noncommercial:
            raise EngineError("model_licence", model=entry.name, licence=entry.licence)
        if not entry.permissive and self.accepted_by(entry) is None:
            raise EngineError("model_not_accepted", model=entry.name, licence=entry.licence)

    def accepted_by(self, entry: ModelEntry) -> str | None:
        """Who accepted the entry's licence as it reads now; None when nobody did."""
        rows = manifests.acceptances(self._licences)
        return next(
            (row.who for row in reversed(rows) if (row.model, row.licence) == (entry.name, entry.licence)),
            None,
        )

    def accept_licence(self, name: str, who: str) -> None:
        """Record that `who` accepts the model's licence. Raises EngineError `model_unknown`, `model_busy`."""
        entry = self.entry(name)
        with locked(self.root / ".locks" / "licences", name):
            manifests.accept(self._licences, name, entry.licence, who)

    def state(self, name: str) -> ModelState:
        """The model's state without hashing. Raises EngineError `model_unknown`."""
        entry = self.entry(name)
        refused = None
        try:
            self.check_licence(entry)
        except EngineError as error:
            refused = error.code
        state: StateName = "carried"
        size, revision, pinned = 0, entry.revision, ""
        try:
            if entry.wheel:
                size = entry.wheel.locate().stat().st_size
            else:
                found = self._manifest(entry)
                size, revision, pinned = found.size_bytes, found.revision, found.pinned
                state = "installed" if self._intact(entry, found) else "changed"
        except EngineError as error:
            codes: dict[str, StateName] = {"model_changed": "changed", "model_incomplete": "incomplete"}
            state = codes.get(error.code, "partial" if self._partial(name).exists() else "missing")
        return ModelState(entry, state, size, revision, pinned, refused, self.accepted_by(entry) or "")

    def verify(self, name: str, progress: InstallProgress = quiet) -> ModelState:
        """Hash every file. Raises EngineError `model_missing`, `model_incomplete` or `model_changed`."""
        entry = self.entry(name)
        if entry.wheel:
            entry.wheel.verify()
            return self.state(name)
        found = self._manifest(entry)
        self._intact(entry, found)
        stamped = found.stamped(self.root / name / _FILES)
        self._check_content(entry, found, progress)
        manifests.write(self.root / name, stamped)
        return self.state(name)

    # --- installation --------------------------------------------------------------------------

    def install_from_directory(self, name: str, src: Path, progress: InstallProgress = quiet) -> Path:
        """Copy a model from a folder or a zip file, in the repository's layout or the store's.

        Returns the installed folder. Raises EngineError `model_unknown`, `model_licence`, `model_source`,
        `model_not_accepted`, `model_unsafe`, `model_incomplete`, `model_changed`, `model_no_space`,
        `model_busy` or `model_carried`.
        """
        entry = self._installable(name)
        if not src.is_dir() and not zipfile.is_zipfile(src):
            raise EngineError("model_source", model=name, source=str(src))
        with locked(self.root / ".locks" / name, name):
            staged = self._partial(name)
            shutil.rmtree(staged, ignore_errors=True)
            folder = src
            if not src.is_dir():
                folder = staged / "unpacked"
                self.check_space(entry, archives.size(entry, src))
                archives.unpack(entry, src, folder)
            files = safety.chosen(entry, folder)
            total = sum(file.stat().st_size for file in files.values())
            self.check_space(entry, total)
            _copy(files, staged / _FILES, progress, total)
            shutil.rmtree(staged / "unpacked", ignore_errors=True)
            return self.commit(entry, staged, f"from {src}", entry.revision, None, progress)

    def listing(self, name: str) -> "Listing | None":
        """What a download would fetch; None for an archive, whose server alone knows its size.

        Raises what `install_from_hub` raises before it fetches.
        """
        entry = self._installable(name)
        if self.offline:
            raise EngineError("model_offline", model=name)
        from generation.imaging.models import hub

        return hub.look(entry)

    def install_from_hub(self, name: str, progress: InstallProgress = quiet) -> Path:
        """Download a model from its repository (or archive), going on where an earlier try broke off.

        Returns the installed folder. Beyond the codes of `install_from_directory`: `model_offline`,
        `hub_library_missing`, `model_no_download`, `model_download_failed`, `model_hub_licence`.
        """
        entry = self._installable(name)
        if self.offline:
            raise EngineError("model_offline", model=name)
        # Imported late: only the diffusion extra brings the hub's library.
        from generation.imaging.models import hub

        with locked(self.root / ".locks" / name, name):
            return hub.install(self, entry, self._partial(name), progress)

    def remove(self, name: str) -> bool:
        """Delete an installed or half-installed model; licences stay accepted. False when there was none."""
        entry = self.entry(name)
        if entry.wheel:
            raise EngineError("model_carried", model=name, package=entry.wheel.package)
        with locked(self.root / ".locks" / name, name):
            there = [folder for folder in (self.root / name, self._partial(name)) if folder.exists()]
            for folder in there:
                self._discard(folder)
        return bool(there)

    def check_space(self, entry: ModelEntry, size_bytes: int) -> None:
        """Raise EngineError `model_no_space` unless `size_bytes` more fit with some to spare."""
        self.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.root).free
        if size_bytes + SPARE_BYTES > free:
            raise EngineError(
                "model_no_space",
                model=entry.name,
                needed_mb=-(-(size_bytes + SPARE_BYTES) // 1_000_000),
                free_mb=free // 1_000_000,
            )

    def commit(
        self,
        entry: ModelEntry,
        staged: Path,
        source: str,
        revision: str,
        files: tuple[ModelFile, ...] | None,
        progress: InstallProgress = quiet,
    ) -> Path:
        """Check a staged folder (`staged/files`) and put it in its place; call with the lock held.

        `files` are the checksums that the caller took while fetching; None has them taken here.
        """
        folder = staged / _FILES
        files = _hashed(folder, progress) if files is None else files
        paths = [file.path for file in files]
        lacking = entry.lacking(paths)
        if lacking:
            raise EngineError("model_incomplete", model=entry.name, file=lacking)
        safety.check_form(entry, folder, files)
        _compare(entry, files)
        manifest = Manifest(
            name=entry.name,
            source=source,
            revision=revision,
            licence=entry.licence,
            pinned="table" if entry.files else "first use",
            installed_at=time.time(),
            files=files,
            stamps={},
        )
        place = self.root / entry.name
        manifests.write(staged, manifest)
        if place.exists():
            self._discard(place)
        staged.rename(place)
        # A rename may change a folder's stamps, not its files': they are taken here all the same.
        manifests.write(place, manifest.stamped(place / _FILES))
        return place / _FILES

    # --- inside --------------------------------------------------------------------------------

    @property
    def _licences(self) -> Path:
        return self.root / "licences.json"

    def _partial(self, name: str) -> Path:
        return self.root / ".partial" / name

    def _installable(self, name: str) -> ModelEntry:
        entry = self.entry(name)
        if entry.wheel:
            raise EngineError("model_carried", model=name, package=entry.wheel.package)
        self.check_licence(entry)
        return entry

    def _manifest(self, entry: ModelEntry) -> Manifest:
        found = manifests.read(self.root / entry.name)
        if found is None:
            raise EngineError("model_missing", model=entry.name)
        if entry.files and set(entry.files) != set(found.files):
            raise EngineError("model_changed", model=entry.name, file=manifests.FILE)
        return found

    def _intact(self, entry: ModelEntry, manifest: Manifest) -> bool:
        """Whether every stamp is as it was. Raises EngineError when a file is missing or was added."""
        folder = self.root / entry.name / _FILES
        there = {path for path, _ in safety.files_below(folder)}
        for file in manifest.files:
            if file.path not in there:
                raise EngineError("model_incomplete", model=entry.name, file=file.path)
        added = there - {file.path for file in manifest.files}
        if added:
            # Readers take every file of a kind that they find in a folder.
            raise EngineError("model_changed", model=entry.name, file=min(added))
        return all(manifest.stamps.get(file.path) == Stamp.of(folder / file.path) for file in manifest.files)

    def _check_content(self, entry: ModelEntry, manifest: Manifest, progress: InstallProgress) -> None:
        self._intact(entry, manifest)
        folder, done = self.root / entry.name / _FILES, 0
        for file in manifest.files:
            sha256 = safety.sha256(folder / file.path)
            done += file.size_bytes
            progress(VERIFY, done, manifest.size_bytes)
            if sha256 != file.sha256:
                raise EngineError("model_changed", model=entry.name, file=file.path)

    def _discard(self, folder: Path) -> None:
        """Away at once, deleted at leisure: who dies in between leaves rubbish, not half a model."""
        rubbish = self.root / ".partial" / f".rubbish-{uuid.uuid4().hex}"
        rubbish.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(rubbish)
        for old in rubbish.parent.glob(".rubbish-*"):
            shutil.rmtree(old, ignore_errors=True)


def _copy(files: dict[str, Path], folder: Path, progress: InstallProgress, total: int) -> None:
    done = 0
    for path, source in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        done += target.stat().st_size
        progress(path, done, total)


def _hashed(folder: Path, progress: InstallProgress) -> tuple[ModelFile, ...]:
    """Every file of a folder with its checksum, on the disk for good."""
    there = list(safety.files_below(folder))
    total, done, found = sum(file.stat().st_size for _, file in there), 0, []
    for path, file in there:
        with file.open("rb") as content:
            os.fsync(content.fileno())
        size = file.stat().st_size
        found.append(ModelFile(path, safety.sha256(file), size))
        done += size
        progress(VERIFY, done, total)
    return tuple(found)


def _compare(entry: ModelEntry, files: tuple[ModelFile, ...]) -> None:
    """Against the table's checksums, where it has some."""
    if entry.files is None:
        return
    known, there = {file.path: file for file in entry.files}, {file.path: file for file in files}
    for path in known:
        if path not in there:
            raise EngineError("model_incomplete", model=entry.name, file=path)
    for path, file in there.items():
        if known.get(path) != file:
            raise EngineError("model_changed", model=entry.name, file=path)


def variant_of(folder: Path) -> str | None:
    """`fp16` when a pipeline's folder holds its weights in diffusers' fp16 variant only, else None.

    For the `variant` argument of diffusers' `from_pretrained`.
    """
    names = [path for path, _ in safety.files_below(folder) if path.endswith(".safetensors")]
    return "fp16" if names and all(".fp16." in name for name in names) else None
