"""Rows of the access matrix: the URLs of teams."""

from teams.permissions import PERSONAL_LINK, Action
from tests.access.row import Row

ROWS: dict[str, Row] = {
    "people:list": Row(Action.VIEW_PEOPLE),
    "settings:brand": Row(Action.MANAGE_COMPANY),
    "settings:members": Row(Action.MANAGE_COMPANY),
    "settings:audit": Row(Action.VIEW_AUDIT),
    "me:welcome": Row(PERSONAL_LINK),
    "me:consent": Row(PERSONAL_LINK),
}
