"""Rows of the access matrix: the URLs of teams."""

from tests.access.row import Row

ROWS: dict[str, Row] = {}
