"""Rows of the access matrix: the URLs of generation."""

from teams.permissions import Action
from tests.access.row import Row

ROWS: dict[str, Row] = {
    "review:queue": Row(Action.REVIEW),
    "review:wall": Row(Action.VIEW_WALL),
    "library:list": Row(Action.VIEW_LIBRARY),
}
