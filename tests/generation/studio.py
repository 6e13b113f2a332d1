"""Helpers of the tests of the employee's pages."""

import json
import uuid
from typing import Any
from urllib.parse import quote

from django.test import Client

from tests.cast import House


def send_piece(
    house: House,
    key: uuid.UUID,
    piece: bytes,
    offset: int,
    size: int,
    who: str = "ines",
    name: str = "me.jpg",
) -> Any:
    """POST one piece of an upload, as the page's script does."""
    return Client().post(
        house.me(who, f"photos/upload/{key}/"),
        piece,
        content_type="application/octet-stream",
        headers={"Upload-Name": quote(name), "Upload-Size": str(size), "Upload-Offset": str(offset)},
    )


def offset_of(house: House, key: uuid.UUID, who: str = "ines") -> int:
    """Where the server says that an upload stands."""
    response = Client().get(house.me(who, f"photos/upload/{key}/"))
    assert response.status_code == 200
    return int(json.loads(response.content)["offset"])


def send_whole(house: House, data: bytes, who: str = "ines", name: str = "me.jpg") -> Any:
    """Upload a file in a single piece under a new key."""
    return send_piece(house, uuid.uuid4(), data, 0, len(data), who, name)
