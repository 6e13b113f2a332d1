"""Rows of the access matrix: the URLs of generation."""

import uuid
from typing import Any

from teams import audit
from teams.actor import SYSTEM
from teams.permissions import COMPANY_PUBLIC, MEMBER, PERSONAL_LINK, Action
from tests import factories
from tests.access.row import Row
from tests.branding.sitters import sitter
from tests.cast import House


def consented(house: House) -> dict[str, Any]:
    """No object in the URL, but the page wants a consent; Ines has given hers."""
    employee = house.employees.get("ines") or house.employees["sven"]
    factories.give_consent(employee)
    return {}


def _first(house: House) -> Any:
    return next(iter(house.employees.values()))


def photo(house: House) -> dict[str, Any]:
    """A photo that the first employee sent."""
    for employee in house.employees.values():
        factories.give_consent(employee)
    return {"photo": factories.make_photo(_first(house)).pk}


def photo_file(house: House) -> dict[str, Any]:
    """Its thumbnail."""
    return photo(house) | {"kind": "thumbnail"}


def candidate(house: House) -> dict[str, Any]:
    """A picture made of the first employee."""
    photo(house)
    return {"candidate": factories.make_shoot(_first(house)).candidates.get(rank=1).pk}


def candidate_file(house: House) -> dict[str, Any]:
    """Its small copy."""
    return candidate(house) | {"kind": "small"}


def approved_file(house: House) -> dict[str, Any]:
    """The approved headshot of the first employee."""
    return {"headshot": factories.make_headshot(_first(house), "approved").pk, "kind": "small"}


def chosen(house: House) -> dict[str, Any]:
    """A headshot that waits for its reviewer."""
    return {"headshot": factories.make_headshot(_first(house), "chosen").pk}


def approved(house: House) -> dict[str, Any]:
    """An approved headshot."""
    return {"headshot": factories.make_headshot(_first(house), "approved").pk}


def approved_master(house: House) -> dict[str, Any]:
    """Its master file."""
    return approved(house) | {"preset": "master"}


def upload_key(house: House) -> dict[str, Any]:
    """A key that names nothing yet: everybody's own uploads begin at zero."""
    consented(house)
    return {"key": uuid.UUID(int=7)}


def own_download(house: House) -> dict[str, Any]:
    """The first employee's approved headshot, named only by its size."""
    approved_file(house)
    for employee in house.employees.values():
        factories.give_consent(employee)
    return {"preset": "master"}


def receipt(house: House) -> dict[str, Any]:
    """A receipt, shown to whoever knows its number."""
    first = _first(house)
    counts = {"photos": 1, "pictures": 1, "files": 1}
    audit.record("erased", first, SYSTEM, employee_id=first.pk, receipt="AAAA-BBBB", **counts)
    return {"token": "any", "number": "AAAA-BBBB"}


ROWS: dict[str, Row] = {
    "studio:here": Row(PERSONAL_LINK, ok=302),
    "studio:photos": Row(PERSONAL_LINK, consented, owned=False),
    "studio:photo_list": Row(PERSONAL_LINK, consented, ok=302, owned=False),
    "studio:upload": Row(PERSONAL_LINK, upload_key, owned=False),
    "studio:drop_upload": Row(PERSONAL_LINK, upload_key, ok=302, method="post", owned=False),
    "studio:remove_photo": Row(PERSONAL_LINK, photo, ok=302, method="post"),
    "studio:start": Row(PERSONAL_LINK, consented, ok=302, method="post", owned=False),
    "studio:making": Row(PERSONAL_LINK, consented, ok=302, owned=False),
    "studio:cancel": Row(PERSONAL_LINK, consented, ok=302, method="post", owned=False),
    "studio:generated": Row(PERSONAL_LINK, consented, ok=302, method="post", owned=False),
    "studio:choose": Row(PERSONAL_LINK, consented, ok=302, owned=False),
    "studio:none_of_these": Row(PERSONAL_LINK, consented, ok=302, method="post", owned=False),
    "studio:pick": Row(PERSONAL_LINK, candidate),
    "studio:adjust": Row(PERSONAL_LINK, candidate, ok=302, method="post"),
    "studio:undo_adjust": Row(PERSONAL_LINK, candidate, ok=302, method="post"),
    "studio:favourite": Row(PERSONAL_LINK, candidate, ok=302, method="post"),
    "studio:done": Row(PERSONAL_LINK, consented, ok=302, owned=False),
    "studio:download": Row(PERSONAL_LINK, own_download),
    "studio:forget": Row(PERSONAL_LINK),
    "studio:receipt": Row(COMPANY_PUBLIC, receipt, owned=False),
    "studio:photo": Row(PERSONAL_LINK, photo_file),
    "studio:candidate": Row(PERSONAL_LINK, candidate_file),
    "media:photo": Row(Action.REVIEW, photo_file),
    "media:candidate": Row(Action.REVIEW, candidate_file),
    "media:headshot": Row(MEMBER, approved_file),
    "review:queue": Row(Action.REVIEW),
    "review:wall": Row(Action.VIEW_WALL),
    "review:bulk": Row(Action.REVIEW),
    "review:undo": Row(Action.REVIEW, ok=302, method="post"),
    "review:person": Row(Action.REVIEW, chosen),
    "review:approve": Row(Action.REVIEW, chosen, ok=302, method="post"),
    # Nothing was sent, so the dialog comes back with what is missing.
    "review:send_back": Row(Action.REVIEW, chosen, ok=422, method="post"),
    "library:list": Row(Action.VIEW_LIBRARY),
    "library:show": Row(Action.VIEW_LIBRARY, approved),
    "library:download": Row(Action.VIEW_LIBRARY, approved_master),
    "previews:people": Row(Action.MANAGE_STYLES),
    "previews:words": Row(Action.MANAGE_STYLES),
    "previews:picture": Row(Action.MANAGE_STYLES, sitter),
    # The photo behind this picture is gone, which is said in words.
    "previews:before": Row(Action.MANAGE_STYLES, sitter, ok=422),
}
