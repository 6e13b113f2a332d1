"""File names: a pattern with placeholders, filled in for a person, safe on every system."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext_lazy as _

from generation.models import Headshot
from teams.models import Employee

PLACEHOLDERS: Final = {
    "first": _("First name"),
    "last": _("Last name"),
    "name": _("Full name"),
    "email": _("E-mail"),
    "id": _("Employee number"),
    "department": _("Department"),
    "preset": _("Preset"),
}
# Each tells two people of one name apart.
DISTINCT: Final = ("email", "id")
STANDARD: Final = "{first}_{last}"
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# Letters and digits of every script stay; so do the signs that e-mail addresses and numbers need.
_UNSAFE: Final = re.compile(r"[^\w.@+-]+")
_RUNS: Final = re.compile(r"([-_.])[-_.]+")
# Device names of Windows, with or without an ending.
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)
# File systems count bytes, and the ending and a "-2" come on top.
_MAX_BYTES: Final = 180


def unknown(pattern: str) -> list[str]:
    """Names in braces that mean nothing, in order."""
    return [name for name in _PLACEHOLDER.findall(pattern) if name not in PLACEHOLDERS]


def is_constant(pattern: str) -> bool:
    """Whether everybody would get the same name."""
    return not set(_PLACEHOLDER.findall(pattern)) & (set(PLACEHOLDERS) - {"preset", "department"})


def stem(pattern: str, employee: Employee, preset: str) -> str:
    """The file name of a person in a preset, without its ending; never empty."""
    values = _values(employee, preset)
    filled = _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), pattern)
    return safe(filled) or safe(values["id"])


def _values(employee: Employee, preset: str) -> dict[str, str]:
    words = employee.name.split()
    return {
        "first": " ".join(words[:-1]),
        "last": words[-1] if words else "",
        "name": " ".join(words),
        "email": employee.email,
        "id": employee.external_id or employee.pk.hex[:8],
        "department": employee.department.name if employee.department else "",
        "preset": preset,
    }


def safe(text: str) -> str:
    """A file name that Windows, macOS, Linux and a ZIP take alike. Letters of every script are kept, in
    the composed form; whatever separates or means something to a system becomes a hyphen."""
    text = unicodedata.normalize("NFC", text)
    text = _UNSAFE.sub("-", text)
    text = _RUNS.sub(r"\1", text).strip("-_. ")
    while len(text.encode()) > _MAX_BYTES:
        text = text[:-1]
    text = text.rstrip("-_. ")
    return f"_{text}" if text.partition(".")[0].casefold() in _RESERVED else text


def key_of(name: str) -> str:
    """Two names with the same key are one file on a system that ignores case."""
    return unicodedata.normalize("NFC", name).casefold()


def collisions(pattern: str, headshots: Iterable[Headshot]) -> list[tuple[str, list[str]]]:
    """File names that several people would get: (name, people)."""
    people: dict[str, list[str]] = defaultdict(list)
    shown: dict[str, str] = {}
    for headshot in headshots:
        name = stem(pattern, headshot.employee, "")
        shown.setdefault(key_of(name), name)
        people[key_of(name)].append(headshot.employee.name)
    return [(shown[key], names) for key, names in people.items() if len(names) > 1]


class Names:
    """Hands out file names within one archive; a second person of the same name gets "-2"."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, folder: str, name: str, suffix: str) -> str:
        """`folder/name.suffix`, not taken before."""
        number, path = 1, f"{folder}/{name}.{suffix}"
        while key_of(path) in self._taken:
            number += 1
            path = f"{folder}/{name}-{number}.{suffix}"
        self._taken.add(key_of(path))
        return path
