"""Missing system packages: root gets them, anybody else the one line to type."""

import os
import sys
from pathlib import Path

import pytest

from portal.lib import system
from portal.lib.system import Need, ensure

LIBRARY = Need("libnothing0", "a test", ("libnothing.so.0",))
PROGRAM = Need("onelight-probe", "a test", programs=("onelight-probe",))


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, with an apt-get that installs the probe; its calls are in `calls`."""
    script = tmp_path / "apt-get"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n'
        f'case "$*" in *install*) printf "#!/bin/sh\\n" > {tmp_path}/onelight-probe; '
        f"/bin/chmod +x {tmp_path}/onelight-probe;; esac\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def test_this_machine_has_what_the_portal_needs() -> None:
    assert system.missing(system.RUN) == []


def test_root_gets_the_packages(apt: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ensure([PROGRAM], "make run") == 0
    calls = (apt / "calls").read_text().splitlines()
    assert calls == ["--quiet update", "--quiet install --yes --no-install-recommends onelight-probe"]


def test_anybody_else_is_told_the_one_line(
    apt: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert ensure([PROGRAM, LIBRARY], "make test") == 1
    said = capsys.readouterr().err
    assert "apt-get install --yes --no-install-recommends onelight-probe libnothing0" in said
    assert "`make test` again" in said
    assert not (apt / "calls").exists()


def test_a_system_without_apt_is_told_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ensure([LIBRARY], "make run") == 1
    assert "libnothing0" in capsys.readouterr().err


def test_a_package_that_does_not_bring_the_library_is_not_called_installed(
    apt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ensure([LIBRARY], "make run") == 1
    assert "Still missing after the installation: libnothing0." in capsys.readouterr().err


def test_an_apt_that_fails_is_quoted(apt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (apt / "apt-get").write_text("#!/bin/sh\necho 'E: no route to the mirror'\nexit 100\n")
    assert ensure([PROGRAM], "make run") == 1
    said = capsys.readouterr().err
    assert "E: no route to the mirror" in said
    assert "could not be installed" in said


def test_another_python_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    monkeypatch.setattr(sys, "argv", ["system.py"])
    assert system.main() == 1
    assert "needs Python 3.11, and this is 3.13" in capsys.readouterr().err
