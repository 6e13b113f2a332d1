"""The secret in a personal link.

It is derived from the invite's id with the server's key, so that HR can copy a link again without the
database holding a secret; revoking the invite, or replacing it by a new one, kills the link.
"""

import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

from teams.models import Invite

_SALT = "teams.invite"


def token_of(invite: Invite) -> str:
    """The link's token: 32 hex digits of the id and a signature."""
    return signing.Signer(salt=_SALT, sep=".").sign(invite.pk.hex)


def invite_id(token: str) -> uuid.UUID | None:
    """The invite's id, or None for a token that this server did not make."""
    try:
        return uuid.UUID(hex=signing.Signer(salt=_SALT, sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def personal_link(invite: Invite) -> str:
    """The absolute address to send to the employee."""
    path = reverse("me:welcome", args=[invite.company.slug, token_of(invite)])
    return f"{settings.BASE_URL}{path}"
