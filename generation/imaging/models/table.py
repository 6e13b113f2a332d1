"""The model table: what each set of weights is for, where it comes from, and what its licence allows.

The entries that Onelight ships stand in `shipped.py`; an operator adds or replaces entries by a file
`table.toml` in the store. Nothing is fetched here.
"""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Literal, get_args

from generation.imaging.errors import EngineError
from generation.imaging.models.wheels import WheelModel

Role = Literal[
    "face",
    "segmentation",
    "identity",
    "matte",
    "upscale",
    "base",
    "vae",
    "control",
    "depth",
    "adapter",
    "image encoder",
    "few steps",
    "edit",
    "edit preview",
]
Metric = Literal["cosine", "euclidean"]
GIB: Final = 1024**3
# Licences that ask for nothing beyond their notice. Any other has terms that a person must accept.
PERMISSIVE: Final = frozenset({"Apache-2.0", "MIT", "BSD-3-Clause", "CC0-1.0"})
# Files of these kinds are data to their readers. Pickles (.bin, .pt, .pth, .ckpt, .pkl), code and archives
# can run what they like when opened. Jinja templates are run by transformers in a sandbox.
SAFE_SUFFIXES: Final = frozenset({".safetensors", ".json", ".txt", ".onnx", ".tflite", ".model", ".jinja"})

# What identity packs hold beyond detector and recogniser: nothing here guesses gender or age, and further
# landmarks are not needed.
NOT_OF_A_PACK: Final = ("*genderage*", "*1k3d68*", "*2d106det*")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: path inside the model's folder, sha256 in hex, size in bytes."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Needs:
    """About what a model takes, in bytes: disk when installed, memory of the graphics card and of the
    machine when loaded at 16 bit. Weights by their published sizes, working memory by experience; shown
    before an installation, never used as a limit."""

    disk: int
    gpu: int
    ram: int


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What judging likeness by an identity encoder takes.

    `threshold` is the largest distance at a false match rate of about 1e-4, `usual` the median distance of
    one person's photos from different days, `even` the distance at which same and different person are
    equally likely and `steepness` how fast that changes, per unit of distance. Encoders of one `family` were
    trained alike: one of them does not judge what another has steered.
    """

    family: str
    metric: Metric
    threshold: float
    usual: float
    even: float
    steepness: float


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One row of the table.

    `files` None means that no checksum is known in advance: the hub's own listing (sha256 of the large
    files) is taken when the model is installed, shown to the operator and pinned in the store from then on.
    """

    name: str
    role: Role
    # owner/name on the hub; empty when the model comes another way.
    repo: str
    # Branch, tag or commit; the commit that it stood for is recorded at the installation.
    revision: str
    files: tuple[ModelFile, ...] | None
    # SPDX name, or the licence's own where SPDX has none.
    licence: str
    commercial: bool
    needs: Needs
    source: str
    # The licence tag of the hub's model card; another one there stops the installation. Empty: not compared.
    hub_licence: str = ""
    # Patterns of the repository's files to take.
    include: tuple[str, ...] = ("*",)
    # Patterns of files to leave out, whatever `include` says and wherever they come from.
    exclude: tuple[str, ...] = ()
    # Patterns that must each match an installed file.
    required: tuple[str, ...] = ()
    # (path in the repository, path in the store) of files that are renamed.
    renamed: tuple[tuple[str, str], ...] = ()
    # File kinds allowed beyond `SAFE_SUFFIXES`, for weights that are published in no other form.
    also_allowed: tuple[str, ...] = ()
    # A zip file that holds the model, where no repository does.
    archive: str = ""
    encoder: EncoderFacts | None = None
    # Set for models that a Python package carries.
    wheel: WheelModel | None = None

    @property
    def permissive(self) -> bool:
        """Whether the licence asks for nothing that a person would have to accept."""
        return self.licence in PERMISSIVE

    def takes(self, path: str) -> bool:
        """Whether a file of the repository belongs to the model."""
        return any(fnmatchcase(path, pattern) for pattern in self.include) and not self.leaves_out(path)

    def leaves_out(self, path: str) -> bool:
        """Whether a file is not wanted."""
        return any(fnmatchcase(path, pattern) for pattern in self.exclude)

    def allows(self, path: str) -> bool:
        """Whether a file is of a kind that cannot run code when it is read (or is excepted by name)."""
        return Path(path).suffix.lower() in SAFE_SUFFIXES | set(self.also_allowed)

    def placed(self, path: str) -> str:
        """Where a file of the repository lies in the store."""
        return dict(self.renamed).get(path, path)

    def lacking(self, paths: list[str]) -> str | None:
        """The first required pattern that none of `paths` matches."""
        return next(
            (need for need in self.required if not any(fnmatchcase(path, need) for path in paths)), None
        )


def read_table(file: Path) -> dict[str, ModelEntry]:
    """The entries of an operator's `table.toml`; empty when there is none.

    Raises EngineError `model_table_invalid` with the file and what is wrong.
    """
    if not file.is_file():
        return {}
    try:
        content = tomllib.loads(file.read_text("utf-8"))
        return {name: _entry(name, dict(row)) for name, row in content.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise EngineError("model_table_invalid", file=str(file), detail=_said(error)) from error


def _said(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _entry(name: str, row: dict[str, Any]) -> ModelEntry:
    if not _is_name(name):
        raise ValueError(f"{name!r} is not a name: use a-z, 0-9, - and .")
    needs, encoder, files = row.pop("needs_gib", {}), row.pop("encoder", None), row.pop("files", None)
    if row["role"] not in get_args(Role):
        raise ValueError(f"{name}: role is one of {', '.join(get_args(Role))}")
    if not isinstance(row["commercial"], bool):
        raise ValueError(f"{name}: commercial is true or false")
    row.setdefault("exclude", NOT_OF_A_PACK if row["role"] == "identity" else ())
    for key in ("include", "exclude", "required", "also_allowed"):
        row[key] = tuple(row.get(key, ("*",) if key == "include" else ()))
    row["renamed"] = tuple(dict(row.get("renamed", {})).items())
    return ModelEntry(
        name=name,
        repo=row.pop("repo", ""),
        revision=row.pop("revision", "main"),
        files=None if files is None else tuple(_file(name, one) for one in files),
        needs=Needs(**{key: round(float(needs.get(key, 0)) * GIB) for key in ("disk", "gpu", "ram")}),
        encoder=None if encoder is None else EncoderFacts(**encoder),
        **row,
    )


def _file(name: str, row: dict[str, Any]) -> ModelFile:
    file = ModelFile(str(row["path"]), str(row["sha256"]).lower(), int(row["size_bytes"]))
    if len(file.sha256) != 64 or set(file.sha256) - set("0123456789abcdef"):
        raise ValueError(f"{name}: {file.path} has no sha256")
    if not is_inside(file.path):
        raise ValueError(f"{name}: {file.path} is not a path inside the model")
    return file


def _is_name(name: str) -> bool:
    return bool(name) and name[0].isalnum() and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def is_inside(path: str) -> bool:
    """Whether a relative path stays below the folder that it is put into."""
    parts = path.split("/")
    return bool(path) and "\\" not in path and "\0" not in path and not {"", ".", ".."} & set(parts)
