"""The dashboard: where the company stands and what to do next, for each role its own."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generation import review_selectors
from portal import overview, people
from portal.people import Step
from teams import permissions
from teams.http import MemberRequest
from teams.permissions import Action, access, allows


@access(permissions.MEMBER)
@require_safe
def dashboard(request: MemberRequest) -> HttpResponse:
    """Where the company stands."""
    company, role = request.company, request.membership.role
    counts = people.step_counts(company)
    wall = review_selectors.wall()
    context: dict[str, Any] = {
        "stages": overview.funnel(company, counts),
        "everybody": sum(counts.values()),
        "uninvited": counts[Step.NOT_INVITED],
        "waiting": overview.waiting_count(counts),
        "due": overview.due(company),
        "wall": wall,
        "tiles": wall.tiles[: overview.WALL_SHOWN],
        "start": overview.start(company, counts),
        "sees_people": allows(role, Action.VIEW_PEOPLE),
        "manages": allows(role, Action.MANAGE_PEOPLE),
        "reviews": allows(role, Action.REVIEW),
        "exports": allows(role, Action.EXPORT),
    }
    if context["reviews"]:
        context["to_review"] = overview.to_review()
    if context["exports"] and wall.tiles:
        context["not_exported"] = overview.not_exported()
    if context["sees_people"]:
        context["in_the_studio"] = overview.in_the_studio(company)
        context |= {"stuck": overview.stuck(company), "today": overview.today(company)}
    return render(request, "portal/dashboard.html", context)
