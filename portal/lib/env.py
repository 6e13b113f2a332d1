"""Typed readers over the environment. A missing or malformed value stops the start with one sentence.

Every setting NAME may also come from a file named by NAME_FILE (Docker and systemd secrets).
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

env = environ.FileAwareEnv()


def read(reader: Callable[..., T], name: str, default: T) -> T:
    """Return the setting `name` through a django-environ reader such as `env.int`.

    Raises ImproperlyConfigured with the setting's name when the value cannot be read as that type.
    """
    try:
        return reader(name, default=default)
    except (ValueError, TypeError, KeyError) as error:
        raise ImproperlyConfigured(f"The setting {name} is not valid: {error}") from error
    except OSError as error:
        raise ImproperlyConfigured(f"The file that {name}_FILE names cannot be read: {error}") from error


def text(name: str, default: str = "") -> str:
    """A string setting."""
    return str(read(env.str, name, default))


def flag(name: str, default: bool) -> bool:
    """A yes/no setting. Anything but the usual words is refused instead of read as no."""
    value = text(name, "yes" if default else "no").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"The setting {name} must be yes or no, not {value!r}.")


def whole(name: str, default: int) -> int:
    """An integer setting."""
    return int(read(env.int, name, default))


def choice(name: str, default: str, *others: str) -> str:
    """One of a few words, in small letters. Anything else is refused with what there is."""
    value, known = text(name, default).strip().lower(), (default, *others)
    if value not in known:
        raise ImproperlyConfigured(f"The setting {name} must be one of {', '.join(known)}, not {value!r}.")
    return value


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    return [word for word in (part.strip() for part in text(name, ",".join(default)).split(",")) if word]


def folder(name: str, default: Path) -> Path:
    """A folder, made absolute; not created here."""
    return Path(text(name, str(default))).expanduser().resolve()


def secret_key(var_dir: Path) -> str:
    """SECRET_KEY from the environment, else one generated once and kept in `var_dir`.

    Read-only commands (check_photos, headshots) must run where nothing can be written, so a folder
    that refuses the file gives a key for this process only.
    """
    given = text("SECRET_KEY")
    if given:
        return given
    path = var_dir / "secret_key"
    if path.exists():
        return path.read_text().strip()
    from django.core.management.utils import get_random_secret_key

    fresh = get_random_secret_key()
    try:
        var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(fresh)
    except FileExistsError:
        return path.read_text().strip()
    except OSError:
        return fresh
    return fresh
