"""Rows of the access matrix: the URLs of branding."""

from tests.access.row import Row

ROWS: dict[str, Row] = {}
