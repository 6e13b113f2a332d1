"""Rows of the access matrix: the URLs of portal."""

from teams.permissions import MEMBER, PUBLIC, SIGNED_IN, Action
from tests.access.row import Row

ROWS: dict[str, Row] = {
    "home": Row(SIGNED_IN, ok=302),
    "healthz": Row(PUBLIC),
    "readyz": Row(PUBLIC),
    "dashboard": Row(MEMBER),
    "theme": Row("company_public"),
    "exports:list": Row(Action.EXPORT),
}
