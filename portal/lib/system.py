"""The system libraries that wheels expect on the machine: `python3 portal/lib/system.py [--test]`.

Runs before there is an environment, so it uses the standard library only. What is missing is installed
when root asks on a Debian or Ubuntu; anybody else is told the one line to type.
"""

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Where Debian keeps fonts; WeasyPrint draws boxes instead of letters without any.
_FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


@dataclass(frozen=True)
class Need:
    """One Debian package, how to see that what it brings is there, and who needs it."""

    package: str
    reason: str
    libraries: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    fonts: bool = False

    def is_met(self) -> bool:
        """Whether the machine has it, from whatever package."""
        if self.programs and not any(map(shutil.which, self.programs)):
            return False
        if self.fonts and not _has_fonts():
            return False
        return all(map(_loads, self.libraries))


RUN = (
    Need("libpango-1.0-0", "WeasyPrint: text in PDFs", ("libpango-1.0.so.0", "libgobject-2.0.so.0")),
    Need("libpangoft2-1.0-0", "WeasyPrint: fonts in PDFs", ("libpangoft2-1.0.so.0", "libfontconfig.so.1")),
    Need("libharfbuzz-subset0", "WeasyPrint: small PDFs", ("libharfbuzz-subset.so.0",)),
    Need("fonts-dejavu-core", "WeasyPrint: letters", fonts=True),
    Need("libgl1", "OpenCV", ("libGL.so.1",)),
    Need("libglib2.0-0", "OpenCV", ("libglib-2.0.so.0", "libgthread-2.0.so.0")),
)
TEST = (
    *RUN,
    Need("libatomic1", "Playwright's driver", ("libatomic.so.1",)),
    Need("chromium", "tests in a real browser", programs=("chromium", "chromium-browser", "google-chrome")),
)


def missing(needs: Iterable[Need]) -> list[str]:
    """Debian packages that are needed and not there."""
    return [need.package for need in needs if not need.is_met()]


def ensure(needs: Sequence[Need], command: str) -> int:
    """Install what is missing, or say how; return the exit status.

    `command` is what the person typed, to be typed again afterwards.
    """
    packages = missing(needs)
    if not packages:
        return 0
    install = f"apt-get install --yes --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        return _fail(
            f"These system packages (Debian's names) are missing: {', '.join(packages)}. "
            f"Install your system's equivalents, then type `{command}` again."
        )
    if os.geteuid() != 0:
        return _fail(
            f"Some system packages are missing. Type this once, then `{command}` again:\n\n"
            f"    sudo sh -c 'apt-get update && {install}'\n"
        )
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    if not _apt("update") or not _apt(*install.split()[1:]):
        return _fail(f"The system packages could not be installed; see what apt-get said above: {install}")
    left = missing(needs)
    return _fail(f"Still missing after the installation: {', '.join(left)}.") if left else 0


def _apt(*arguments: str) -> bool:
    """Run apt-get silently; show what it said when it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    result = subprocess.run(
        ["apt-get", "--quiet", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode:
        print(result.stdout, file=sys.stderr)
    return result.returncode == 0


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_fonts() -> bool:
    return any(True for folder in _FONT_FOLDERS for _ in folder.rglob("*.[ot]t[fc]"))


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", action="store_true", help="also what `make test` needs")
    asked = parser.parse_args()
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:2]))
        return _fail(
            f"Onelight needs Python 3.11, and this is {found}; type `make PYTHON=/path/to/python3.11 …`."
        )
    return ensure(TEST if asked.test else RUN, "make test" if asked.test else "make run")


if __name__ == "__main__":
    sys.exit(main())
