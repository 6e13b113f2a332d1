"""The people somebody ticked on one page and writes to on the next: kept in their session.

The session holds ids only; row-level security decides again which of them exist for this company.
"""

import uuid
from collections.abc import Sequence

from django.contrib.sessions.backends.base import SessionBase

_KEY = "people"
# Several tabs, and the way back; older ones are forgotten.
_KEPT = 5


def keep(session: SessionBase, ids: Sequence[uuid.UUID]) -> str:
    """Remember these people and return the name to find them by."""
    name = uuid.uuid4().hex
    kept = dict(list(session.get(_KEY, {}).items())[-(_KEPT - 1) :])
    kept[name] = [pk.hex for pk in ids]
    session[_KEY] = kept
    return name


def recall(session: SessionBase, name: str) -> list[uuid.UUID]:
    """The people of that name; none when it has been forgotten."""
    return [uuid.UUID(hex=text) for text in session.get(_KEY, {}).get(name, [])]
