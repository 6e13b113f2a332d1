"""Rows of the access matrix: the URLs of portal."""

import uuid
from typing import Any

from portal.models import Export
from teams.permissions import MEMBER, OPERATOR, PUBLIC, SIGNED_IN, Action
from tests.access.row import Row
from tests.cast import House


def export(house: House) -> dict[str, Any]:
    """An export that waits for its worker."""
    row = Export.objects.create(
        company=house.company, presets=["web"], pattern="{name}", headshots=[], request_key=uuid.uuid4()
    )
    return {"export": row.pk}


ROWS: dict[str, Row] = {
    "home": Row(SIGNED_IN, ok=302),
    "healthz": Row(PUBLIC),
    "readyz": Row(PUBLIC),
    # Without a token in the settings there is no such page.
    "metrics": Row(PUBLIC, ok=404),
    "operator_models": Row(OPERATOR),
    "operator_queue": Row(OPERATOR),
    "dashboard": Row(MEMBER),
    "theme": Row("company_public"),
    "exports:list": Row(Action.EXPORT),
    "exports:new": Row(Action.EXPORT),
    "exports:preview": Row(Action.EXPORT),
    "exports:show": Row(Action.EXPORT, export),
    # Only a failed export is tried again, and only a packed one downloaded: both lead back to its page.
    "exports:retry": Row(Action.EXPORT, export, ok=302, method="post"),
    "exports:download": Row(Action.EXPORT, export, ok=302),
}
