"""Questions about styles."""

import uuid

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Prefetch, Q, Subquery

from branding.controls import Difference, differences
from branding.look import Framing
from branding.materials import KINDS
from branding.models import DepartmentStyle, Style, StyleVersion
from teams.models import Department, Employee

# People named beside a version; the rest are counted.
NAMED = 5


def current_version(company_id: uuid.UUID) -> StyleVersion | None:
    """The newest version of the company's default style; None before the first publication. Which version a
    person's shoot uses is what `version_for` says."""
    return (
        StyleVersion.objects.filter(company_id=company_id, style__is_default=True)
        .select_related("style")
        .order_by("-number")
        .first()
    )


def version_for(employee: Employee) -> StyleVersion | None:
    """The version that a shoot of this person uses now: the newest of their department's style, else of the
    company's default one. None while there is neither."""
    if employee.department_id is not None:
        own = StyleVersion.objects.filter(
            company_id=employee.company_id, style__departments__department=employee.department_id
        )
        found = own.select_related("style").order_by("-number").first()
        if found is not None:
            return found
    return current_version(employee.company_id)


def framing_for(employee: Employee) -> Framing:
    """The framing that this person's photos are judged against."""
    version = version_for(employee)
    return version.look.framing if version else Framing()


def departments(company_id: uuid.UUID) -> list[Department]:
    """The company's departments by name, each with `people` on the roster, and in `style_id` the style of
    its own, None where it has the default."""
    own = DepartmentStyle.objects.filter(department=OuterRef("pk")).values("style")
    return list(
        Department.objects.filter(company_id=company_id)
        .annotate(
            people=Count("employees", filter=Q(employees__archived_at=None)),
            style_id=Subquery(own),
        )
        .order_by("name")
    )


def published(company_id: uuid.UUID) -> list[Style]:
    """The styles that people can be photographed in, by name."""
    found = Style.objects.filter(company_id=company_id, archived_at=None, versions__isnull=False)
    return list(found.distinct().order_by("name"))


def gallery(company_id: uuid.UUID, *, archived: bool = False) -> list[Style]:
    """Styles with their versions and, in `shoots` and `people`, how much they are used, and in `worn_by` the
    names of the departments that they are for; default first."""
    worn = DepartmentStyle.objects.filter(style=OuterRef("pk"))
    return list(
        Style.objects.filter(company_id=company_id, archived_at__isnull=not archived)
        .annotate(
            shoots=Count("versions__shoots", distinct=True),
            people=Count("versions__shoots__employee", distinct=True),
            worn_by=ArraySubquery(worn.order_by("department__name").values("department__name")),
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
    """What the company's uploaded pictures and colour tables are called, by content id."""
    return {
        key: name
        for model in KINDS
        for key, name in model._default_manager.filter(company_id=company_id).values_list("key", "name")
    }
