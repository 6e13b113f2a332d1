"""Questions about styles."""

import uuid

from branding.look import Framing
from branding.models import StyleVersion


def current_version(company_id: uuid.UUID) -> StyleVersion | None:
    """The newest version of the company's default style, which new shoots use; None before the first
    publication."""
    return (
        StyleVersion.objects.filter(company_id=company_id, style__is_default=True)
        .select_related("style")
        .order_by("-number")
        .first()
    )


def current_framing(company_id: uuid.UUID) -> Framing:
    """The framing that photos are judged against."""
    version = current_version(company_id)
    return version.look.framing if version else Framing()
