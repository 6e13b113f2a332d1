"""Whom an export may hold, what earlier ones delivered, and the history."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from generation import review_selectors
from generation.models import Headshot, HeadshotStatus
from portal.models import Export, ExportChoice, ExportStatus

# An archive that was finished counts as delivered, also when its days are over.
_DELIVERED = (ExportStatus.READY, ExportStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who shall be in an export."""

    kind: str = ExportChoice.ALL
    department: uuid.UUID | None = None
    headshots: list[uuid.UUID] = field(default_factory=list)


def people(choice: Choice, presets: Iterable[str]) -> QuerySet[Headshot]:
    """The approved headshots that the choice means, in the order of a face book."""
    found = review_selectors.approved()
    if choice.kind == ExportChoice.SELECTION:
        found = found.filter(pk__in=choice.headshots)
    elif choice.kind == ExportChoice.DEPARTMENT:
        found = found.filter(employee__department=choice.department)
    elif choice.kind == ExportChoice.CHANGED:
        found = found.exclude(pk__in=delivered(presets))
    return review_selectors.ordered(found)


def delivered(presets: Iterable[str]) -> set[uuid.UUID]:
    """Headshots that a finished export has delivered in every one of these presets."""
    wanted = list(presets)
    by_preset: dict[str, set[str]] = {preset: set() for preset in wanted}
    finished = Export.objects.filter(status__in=_DELIVERED)
    for has, ids, skipped in finished.values_list("presets", "headshots", "skipped"):
        given = set(ids) - {row.get("headshot") for row in skipped}
        for preset in set(has) & set(wanted):
            by_preset[preset] |= given
    everywhere = set.intersection(*by_preset.values()) if by_preset else set()
    return {uuid.UUID(pk) for pk in everywhere}


def history() -> QuerySet[Export]:
    """Who exported what, newest first."""
    return Export.objects.select_related("requested_by").order_by("-created_at", "id")


def no_longer_approved(export: Export) -> int:
    """People in a finished archive whose headshot has since been withdrawn, replaced or taken back."""
    given = set(export.headshots) - {row.get("headshot") for row in export.skipped}
    still = Headshot.objects.filter(pk__in=given, status=HeadshotStatus.APPROVED).count()
    return len(given) - still


def holding(headshot_ids: Iterable[str]) -> list[Export]:
    """Exports that may hold any of these headshots."""
    wanted = set(headshot_ids)
    open_ = [ExportStatus.READY, ExportStatus.RUNNING, ExportStatus.QUEUED]
    return [row for row in Export.objects.filter(status__in=open_) if wanted & set(row.headshots)]
