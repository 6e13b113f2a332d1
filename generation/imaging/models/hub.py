"""Downloads: a model's files from its repository on the hub, or from a zip file, into a staged folder.

The listing comes first and pins everything: the commit, every file's size, and its sha256 (large files) or
git id (small ones). Files are then fetched one after the other, each going on where an earlier try broke off
(an HTTP Range request), and checked against the listing before the next.

The requests are made by `huggingface_hub` (HF_ENDPOINT, HF_TOKEN and proxies work as they do there); its own
`hf_hub_download` is not used because it drops what a broken-off process has fetched.
"""

import importlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from generation.imaging.errors import EngineError, ImagingError
from generation.imaging.models import archives, safety
from generation.imaging.models.safety import Told
from generation.imaging.models.table import ModelEntry, ModelFile, is_inside

if TYPE_CHECKING:
    from generation.imaging.models.store import InstallProgress, ModelStore

_DEFAULT_ENDPOINT: Final = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Remote:
    """One file to fetch. Without `sha256` the git id tells whether it is the right one; an archive has
    neither, and what it holds is pinned on first use. `size_bytes` None: the server says."""

    path: str
    url: str
    size_bytes: int | None
    sha256: str | None = None
    git_sha1: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds of a model at one commit."""

    revision: str
    licence: str
    files: tuple[Remote, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes or 0 for file in self.files)


def install(store: "ModelStore", entry: ModelEntry, staged: Path, progress: "InstallProgress") -> Path:
    """Fetch a model into `staged` and put it in its place; call with the model's lock held.

    Raises EngineError, see `ModelStore.install_from_hub`.
    """
    if not entry.repo and not entry.archive:
        raise EngineError("model_no_download", model=entry.name)
    with _library(entry):
        if not entry.repo:
            return _install_archive(store, entry, staged, progress)
        listing = list_files(entry)
        _compare_listing(entry, listing)
        folder, parts = staged / "files", staged / "parts"
        store.check_space(entry, listing.size_bytes - _bytes_below(staged))
        _drop_strangers(folder, {entry.placed(file.path) for file in listing.files})
        files, done = [], 0
        for remote in listing.files:
            files.append(_fetch(entry, remote, folder, parts, done, listing.size_bytes, progress))
            done += files[-1].size_bytes
        shutil.rmtree(parts, ignore_errors=True)
        source = f"{endpoint()}/{entry.repo}"
        return store.commit(entry, staged, source, listing.revision, tuple(files))


def look(entry: ModelEntry) -> Listing | None:
    """The listing of a repository, None for an archive. Raises EngineError, see `ModelStore.listing`."""
    if not entry.repo and not entry.archive:
        raise EngineError("model_no_download", model=entry.name)
    with _library(entry):
        return list_files(entry) if entry.repo else None


def endpoint() -> str:
    """The hub's address."""
    return os.environ.get("HF_ENDPOINT", _DEFAULT_ENDPOINT).rstrip("/")


def list_files(entry: ModelEntry) -> Listing:
    """The model's files at the entry's revision. Raises EngineError `model_unsafe`, `model_incomplete`,
    `model_hub_licence`, or what the hub's library raises."""
    from huggingface_hub import HfApi, hf_hub_url

    info = HfApi(endpoint=endpoint()).model_info(entry.repo, revision=entry.revision, files_metadata=True)
    card = info.card_data.get("license") if info.card_data else None
    tagged = next((tag[8:] for tag in info.tags or [] if tag.startswith("license:")), "")
    licence = str(card or tagged)
    if entry.hub_licence and licence.lower() != entry.hub_licence:
        raise EngineError("model_hub_licence", model=entry.name, licence=entry.licence, found=licence or "?")
    files = []
    for one in sorted(info.siblings or [], key=lambda one: one.rfilename):
        if not entry.takes(one.rfilename) or not is_inside(one.rfilename):
            continue
        if not entry.allows(one.rfilename):
            if one.rfilename in entry.include:
                raise EngineError("model_unsafe", model=entry.name, file=one.rfilename)
            continue
        url = hf_hub_url(entry.repo, one.rfilename, revision=info.sha, endpoint=endpoint())
        sha256 = one.lfs.sha256 if one.lfs else None
        files.append(Remote(one.rfilename, url, one.size, sha256, None if one.lfs else one.blob_id))
    lacking = entry.lacking([entry.placed(file.path) for file in files])
    if lacking or not files:
        raise EngineError("model_incomplete", model=entry.name, file=lacking or "*")
    return Listing(info.sha or entry.revision, licence, tuple(files))


def _compare_listing(entry: ModelEntry, listing: Listing) -> None:
    """Before anything is fetched: does the hub still hold what the table knows?"""
    known = {file.path: file for file in entry.files or ()}
    for remote in listing.files if known else ():
        file = known.get(entry.placed(remote.path))
        if file is None or remote.sha256 not in (None, file.sha256) or remote.size_bytes != file.size_bytes:
            raise EngineError("model_changed", model=entry.name, file=remote.path)


def _fetch(
    entry: ModelEntry,
    remote: Remote,
    folder: Path,
    parts: Path,
    before: int,
    total: int,
    progress: "InstallProgress",
) -> ModelFile:
    """One file into its place, verified; what is there from an earlier try is kept when it is right."""
    path = entry.placed(remote.path)
    target = folder / path
    if target.is_file() and (found := _verified(target, remote)):
        progress(path, before + target.stat().st_size, total)
        return ModelFile(path, found, target.stat().st_size)
    parts.mkdir(parents=True, exist_ok=True)
    # Named by content: a part of another commit's file is never continued.
    part = parts / (remote.sha256 or remote.git_sha1 or "archive")
    _download(remote, part, lambda done: progress(path, before + done, total))
    sha256 = _verified(part, remote)
    if sha256 is None:
        part.unlink()
        raise EngineError("model_changed", model=entry.name, file=remote.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with part.open("rb") as content:
        os.fsync(content.fileno())
    part.replace(target)
    return ModelFile(path, sha256, target.stat().st_size)


class _Told:
    """What the library takes for a progress bar: tells `told` the bytes that are there, draws nothing."""

    def __init__(self, told: Told, *, initial: int = 0, **_: Any) -> None:
        self.told = told
        self.done = initial

    def update(self, count: float | None = 1) -> None:
        """`count` more bytes; fewer when the server starts again."""
        self.done += int(count or 0)
        self.told(self.done)

    def __enter__(self) -> "_Told":
        return self

    def __exit__(self, *_: object) -> None: ...


def _download(remote: Remote, part: Path, told: Told) -> None:
    from huggingface_hub.file_download import http_get

    # Typed as Any: the library exports it without saying so.
    utils: Any = importlib.import_module("huggingface_hub.utils")
    there = part.stat().st_size if part.exists() else 0
    if remote.size_bytes is not None and there > remote.size_bytes:
        part.unlink()
        there = 0
    # The hub's token is for the hub alone; across a redirect to its storage the client drops it.
    headers = utils.build_hf_headers() if remote.url.startswith(f"{endpoint()}/") else {}
    bar: Any = partial(_Told, told)
    with part.open("ab") as out:
        http_get(
            remote.url,
            out,
            resume_size=there,
            headers={**headers, "Accept-Encoding": "identity"},
            expected_size=remote.size_bytes,
            tqdm_class=bar,
        )


def _verified(file: Path, remote: Remote) -> str | None:
    """The file's sha256 when it is the one that was listed."""
    if remote.size_bytes not in (None, file.stat().st_size):
        return None
    sha256 = safety.sha256(file)
    if remote.sha256 is not None:
        return sha256 if sha256 == remote.sha256 else None
    if remote.git_sha1 is not None:
        return sha256 if safety.git_sha1(file) == remote.git_sha1 else None
    return sha256


def _install_archive(
    store: "ModelStore", entry: ModelEntry, staged: Path, progress: "InstallProgress"
) -> Path:
    # The zip and what is in it; the published size is all that is known before the download.
    store.check_space(entry, max(0, 2 * entry.needs.disk - _bytes_below(staged)))
    remote = Remote("archive.zip", entry.archive, None)
    _fetch(replace(entry, renamed=()), remote, staged / "archive", staged / "parts", 0, 0, progress)
    archive = staged / "archive" / "archive.zip"
    try:
        archives.unpack(entry, archive, staged / "unpacked")
    except EngineError:
        # The next try fetches it anew.
        archive.unlink(missing_ok=True)
        raise
    shutil.rmtree(staged / "files", ignore_errors=True)
    for path, file in safety.chosen(entry, staged / "unpacked").items():
        target = staged / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
    for rubbish in ("unpacked", "archive", "parts"):
        shutil.rmtree(staged / rubbish, ignore_errors=True)
    return store.commit(entry, staged, entry.archive, entry.revision, None, progress)


def _bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _drop_strangers(folder: Path, wanted: set[str]) -> None:
    """Files of an earlier try at another commit."""
    for path, file in list(safety.files_below(folder)):
        if path not in wanted:
            file.unlink()


@contextmanager
def _library(entry: ModelEntry) -> Iterator[None]:
    """The hub's library, its errors as ours."""
    try:
        import huggingface_hub
        from huggingface_hub.errors import OfflineModeIsEnabled
    except ImportError as error:
        raise EngineError("hub_library_missing", model=entry.name) from error
    try:
        yield
    except ImagingError:
        raise
    except OfflineModeIsEnabled as error:
        raise EngineError("model_offline", model=entry.name) from error
    except huggingface_hub.errors.GatedRepoError as error:
        raise EngineError("model_gated", model=entry.name, source=entry.source) from error
    except Exception as error:
        # Whatever a network can do: the library's errors, the HTTP client's, the system's.
        raise EngineError("model_download_failed", model=entry.name, detail=_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
