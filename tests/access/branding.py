"""Rows of the access matrix: the URLs of branding."""

from teams.permissions import Action
from tests.access.row import Row

ROWS: dict[str, Row] = {"styles:list": Row(Action.MANAGE_STYLES)}
