"""How far each person is: the roster joined with what the studio made. Reads only.

The roster (teams) knows invites and consents, the studio (generation) photos, shoots and headshots; the
way from one to the other is put together here, above both.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, TextChoices, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from generation.models import Headshot, HeadshotStatus, PhotoStatus, Shoot, ShootStatus, SourcePhoto
from portal.lib.keyset import Page, page
from teams.models import Company, Consent, Employee, Invite, InviteStatus

PAGE_SIZE = 50
# From this many people on, counting all of them takes long enough to be felt (about 0.4 s at 100 000).
_BIG = 20_000
_BIG_KEPT_S = 30


class Step(TextChoices):
    """The furthest point a person has reached."""

    NOT_INVITED = "not_invited", _("Not invited")
    INVITED = "invited", _("Invited")
    OPENED = "opened", _("Opened the link")
    CONSENTED = "consented", _("Consented")
    PHOTOS = "photos", _("Photos uploaded")
    MADE = "made", _("Pictures made")
    RETURNED = "returned", _("Returned")
    CHOSEN = "chosen", _("In review")
    APPROVED = "approved", _("Approved")


# Steps at which the next move is the employee's: whom a reminder can help.
WAITING_FOR_PERSON = (Step.INVITED, Step.OPENED, Step.CONSENTED, Step.PHOTOS, Step.MADE, Step.RETURNED)
# Order of the funnel; somebody who was returned has chosen once.
FUNNEL = (
    (_("Invited"), Step.INVITED),
    (_("Opened"), Step.OPENED),
    (_("Consented"), Step.CONSENTED),
    (_("Photos"), Step.PHOTOS),
    (_("Made"), Step.MADE),
    (_("Chosen"), Step.CHOSEN),
    (_("Approved"), Step.APPROVED),
)
_RANK = {step: rank for rank, step in enumerate(Step)}


def with_step(employees: QuerySet[Employee]) -> QuerySet[Any]:
    """Annotate employees with `step`, the value of a Step."""
    mine = {"employee": OuterRef("pk")}
    headshots = Headshot.objects.filter(**mine)
    invites = Invite.objects.filter(**mine)
    whens: list[tuple[Exists, Step]] = [
        (Exists(headshots.filter(status=HeadshotStatus.APPROVED)), Step.APPROVED),
        (Exists(headshots.filter(status=HeadshotStatus.CHOSEN)), Step.CHOSEN),
        (Exists(headshots.filter(status=HeadshotStatus.RETURNED)), Step.RETURNED),
        (Exists(Shoot.objects.filter(**mine, status=ShootStatus.DONE)), Step.MADE),
        (Exists(SourcePhoto.objects.filter(**mine).exclude(status=PhotoStatus.DELETED)), Step.PHOTOS),
        (Exists(Consent.objects.filter(**mine, withdrawn_at=None)), Step.CONSENTED),
        (Exists(invites.filter(status__in=[InviteStatus.OPENED, InviteStatus.ACCEPTED])), Step.OPENED),
        (Exists(invites.filter(status=InviteStatus.PENDING)), Step.INVITED),
    ]
    cases = [When(condition, then=Value(step.value)) for condition, step in whens]
    return employees.annotate(step=Case(*cases, default=Value(Step.NOT_INVITED.value)))


@dataclass(frozen=True, slots=True)
class Filter:
    """What the people page is narrowed to; the words of its query string."""

    q: str = ""
    department: str = ""
    step: str = ""
    archived: bool = False
    sort: str = "name"

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filter":
        """From a query string; what makes no sense is left out."""
        step = query.get("step", "")
        sort = query.get("sort", "")
        return cls(
            q=" ".join(query.get("q", "").replace("\0", " ").split())[:100],
            department=query.get("department", "") if _is_uuid(query.get("department", "")) else "",
            step=step if step in Step.values or step == "waiting" else "",
            archived=query.get("archived") == "1",
            sort=sort if sort.removeprefix("-") in SORTS else "name",
        )

    @property
    def narrows(self) -> bool:
        """Whether anybody may be hidden by it."""
        return bool(self.q or self.department or self.step or self.archived)

    def words(self, **change: str) -> dict[str, str]:
        """The query string's words, with some changed; empty ones are left out."""
        own = {
            "q": self.q,
            "department": self.department,
            "step": self.step,
            "archived": "1" if self.archived else "",
            "sort": "" if self.sort == "name" else self.sort,
        }
        return {key: value for key, value in (own | change).items() if value}


SORTS: dict[str, tuple[str, ...]] = {
    "name": ("name_key", "id"),
    "email": ("email_key", "id"),
    "department": ("department_key", "name_key", "id"),
    "added": ("created_at", "id"),
}


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def people(company: Company, narrow: Filter) -> QuerySet[Employee]:
    """The employees that the filter leaves, with the sort keys (and `step` where it filters)."""
    found = Employee.objects.filter(company=company, archived_at__isnull=not narrow.archived)
    for word in narrow.q.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    if narrow.department:
        found = found.filter(department_id=uuid.UUID(narrow.department))
    if narrow.step:
        wanted = WAITING_FOR_PERSON if narrow.step == "waiting" else [narrow.step]
        found = with_step(found).filter(step__in=wanted)
    return found.annotate(
        name_key=Lower("name"),
        email_key=Lower("email"),
        department_key=Coalesce(Lower("department__name"), Value("")),
    )


def people_page(company: Company, narrow: Filter, cursor: str = "", size: int = PAGE_SIZE) -> Page[Employee]:
    """One page of them, with departments and `step`.

    The steps are asked for the page's rows alone: annotated on the whole roster, PostgreSQL would hash
    every photo and shoot of the company to show fifty people.
    """
    keys = SORTS[narrow.sort.removeprefix("-")]
    rows = people(company, narrow).select_related("department")
    found = page(rows, keys, cursor, size, descending=narrow.sort.startswith("-"))
    shown = with_step(Employee.objects.filter(pk__in=[person.pk for person in found.rows]))
    steps = dict(shown.order_by().values_list("pk", "step"))
    for person in found.rows:
        person.step = steps[person.pk]  # type: ignore[attr-defined]
    return found


def ids(company: Company, narrow: Filter, most: int) -> list[uuid.UUID]:
    """At most `most` of the people that the filter leaves, in a stable order."""
    return list(people(company, narrow).order_by("id").values_list("pk", flat=True)[:most])


def step_counts(company: Company) -> dict[Step, int]:
    """How many people of the roster stand at each step; one query."""
    found = with_step(Employee.objects.filter(company=company, archived_at=None))
    counted = dict(found.order_by().values_list("step").annotate(n=Count("pk")))
    return {step: counted.get(step.value, 0) for step in Step}


def roster_counts(company: Company) -> dict[Step, int]:
    """`step_counts`, for a big roster remembered for a moment: the list is turned over quickly."""
    key = f"steps:{company.pk}"
    kept: dict[Step, int] | None = cache.get(key)
    if kept is None:
        kept = step_counts(company)
        if sum(kept.values()) >= _BIG:
            cache.set(key, kept, _BIG_KEPT_S)
    return kept


def funnel_counts(counts: Mapping[Step, int]) -> list[tuple[str, Step, int]]:
    """(label, step, people who have come at least this far), from `step_counts`."""
    reached = []
    for label, step in FUNNEL:
        # Returned people have made and once chosen, but their next choice is still open.
        far = sum(n for other, n in counts.items() if _RANK[other] >= _RANK[step])
        reached.append((str(label), step, far))
    return reached


def step_of(employee: Employee) -> Step:
    """One person's step."""
    return Step(with_step(Employee.objects.filter(pk=employee.pk)).values_list("step", flat=True).get())


def label_of(step: str) -> str:
    """The step in words."""
    return str(Step(step).label)
