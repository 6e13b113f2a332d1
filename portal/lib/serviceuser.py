"""The operating-system user under which the embedded services run.

An ordinary user runs them as itself. PostgreSQL refuses root, so root gives both services a system user of
their own, and gives that user the right to walk (not to read) through closed folders on the way to them.
"""

import os
import pwd
import shutil
import struct
import subprocess
from dataclasses import dataclass
from errno import ENODATA
from pathlib import Path
from typing import Any

SERVICE_USER = "onelight-db"

# Linux's on-disk form of an access control list: a version, then (tag, permissions, id) entries.
_ACL_NAME = "system.posix_acl_access"
_ACL_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_SEARCH = 1


class ServiceError(Exception):
    """A service cannot run; the message is one sentence for the operator."""


@dataclass(frozen=True)
class ServiceUser:
    """Who the services run as; `switch` when that is not the user who starts them."""

    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, Any]:
        """Arguments that make subprocess run a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def make_folder(self, path: Path) -> None:
        """Create `path` for this user alone."""
        try:
            path.mkdir(mode=0o700)
        except OSError as error:
            raise ServiceError(f"The folder {path} cannot be created: {error.strerror}.") from error
        self.own(path)

    def own(self, path: Path) -> None:
        """Give an existing `path`, and all in it if another user ran the services before, to this user."""
        status = path.stat()
        try:
            if status.st_mode & 0o077:
                path.chmod(0o700)
            if self.switch and status.st_uid != self.uid:
                for entry in (path, *path.rglob("*")):
                    os.chown(entry, self.uid, self.gid, follow_symlinks=False)
        except OSError as error:
            raise ServiceError(f"The folder {path} belongs to another user: {error.strerror}.") from error

    def admit(self, path: Path, ours: Path | None = None) -> None:
        """Let this user walk down to `path`; below `ours` by mode bits where lists are not supported."""
        if not self.switch:
            return
        for folder in (*reversed(path.parents), path):
            if folder.stat().st_mode & 0o001 or self._can_walk(folder):
                continue
            try:
                _grant_search(folder, self.uid)
            except OSError as error:
                if ours is None or not folder.is_relative_to(ours):
                    raise ServiceError(
                        f"PostgreSQL must not run as root, and the user {SERVICE_USER} cannot pass through "
                        f"{folder}; put Onelight elsewhere (for instance under /opt) or set DATABASE_URL."
                    ) from error
                folder.chmod(folder.stat().st_mode | 0o001)

    def _can_walk(self, folder: Path) -> bool:
        return not subprocess.run(["test", "-x", str(folder)], **self.popen_options()).returncode


def service_user() -> ServiceUser:
    """Return the user for the services, creating the system user when root starts them first."""
    if os.geteuid() != 0:
        return ServiceUser(os.geteuid(), os.getegid(), switch=False)
    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        _create_system_user()
        entry = pwd.getpwnam(SERVICE_USER)
    return ServiceUser(entry.pw_uid, entry.pw_gid, switch=True)


def _create_system_user() -> None:
    useradd = shutil.which("useradd", path=os.defpath + ":/usr/sbin:/sbin")
    if useradd is None:
        raise ServiceError("PostgreSQL must not run as root, and there is no useradd to make it a user.")
    command = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    result = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", SERVICE_USER], capture_output=True, text=True
    )
    if result.returncode:
        raise ServiceError(f"The system user {SERVICE_USER} could not be made: {result.stderr.strip()}")


def _grant_search(folder: Path, uid: int) -> None:
    """Add `user:uid:--x` to the folder's access control list."""
    mode = folder.stat().st_mode
    try:
        raw = os.getxattr(folder, _ACL_NAME)
        entries = list(struct.iter_unpack("<HHI", raw[4:]))
    except OSError as error:
        if error.errno != ENODATA:
            raise
        owner, group, other = mode >> 6 & 7, mode >> 3 & 7, mode & 7
        entries = [(_USER_OBJ, owner, _NO_ID), (_GROUP_OBJ, group, _NO_ID), (_OTHER, other, _NO_ID)]
    mask = next((rights for tag, rights, _ in entries if tag == _MASK), mode >> 3 & 7) | _SEARCH
    kept = [entry for entry in entries if entry[0] != _MASK and (entry[0], entry[2]) != (_USER, uid)]
    entries = sorted(
        [*kept, (_USER, _SEARCH, uid), (_MASK, mask, _NO_ID)], key=lambda entry: (entry[0], entry[2])
    )
    packed = b"".join(struct.pack("<HHI", *entry) for entry in entries)
    os.setxattr(folder, _ACL_NAME, struct.pack("<I", _ACL_VERSION) + packed)
