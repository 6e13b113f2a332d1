"""Rows of the access matrix: the URLs of generation."""

from tests.access.row import Row

ROWS: dict[str, Row] = {}
