"""Questions about styles."""

import uuid

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Prefetch, Q

from branding.controls import Difference, differences
from branding.look import Framing
from branding.models import Backdrop, ColorTable, Style, StyleVersion
from teams.models import Employee

# People named beside a version; the rest are counted.
NAMED = 5


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


def gallery(company_id: uuid.UUID, *, archived: bool = False) -> list[Style]:
    """Styles with their versions and, in `shoots` and `people`, how much they are used; default first."""
    return list(
        Style.objects.filter(company_id=company_id, archived_at__isnull=not archived)
        .annotate(
            shoots=Count("versions__shoots", distinct=True),
            people=Count("versions__shoots__employee", distinct=True),
        )
        .prefetch_related(Prefetch("versions", StyleVersion.objects.select_related("published_by")))
        .order_by("-is_default", "name")
    )


def versions(style: Style) -> list[StyleVersion]:
    """The style's versions, newest first, each with `shoots_made`, `people` and `approved` headshots, and in
    `names` the first of those people."""
    photographed = Employee.objects.filter(shoots__style_version=OuterRef("pk"), archived_at=None)
    return list(
        style.versions.select_related("published_by").annotate(
            names=ArraySubquery(photographed.distinct().order_by("name").values("name")[:NAMED]),
            shoots_made=Count("shoots", distinct=True),
            people=Count("shoots__employee", distinct=True),
            approved=Count(
                "shoots__candidates__headshots",
                filter=Q(shoots__candidates__headshots__status="approved"),
                distinct=True,
            ),
        )
    )


def changes(style: Style) -> list[Difference]:
    """What the draft says differently than the newest version; empty before the first publication."""
    last = style.versions.first()
    return differences(last.look, style.draft_look, file_names(style.company_id)) if last else []


def file_names(company_id: uuid.UUID) -> dict[str, str]:
    """What the company's backdrop pictures and colour tables are called, by content id."""
    return {
        key: name
        for model in (Backdrop, ColorTable)
        for key, name in model._default_manager.filter(company_id=company_id).values_list("key", "name")
    }
