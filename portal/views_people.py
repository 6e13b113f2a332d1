"""Pages about people that need the whole funnel: the roster's own data and what the studio made."""

from django.http import HttpResponse
from django.shortcuts import render

from teams.http import MemberRequest
from teams.permissions import Action, access


@access(Action.VIEW_PEOPLE)
def people_list(request: MemberRequest) -> HttpResponse:
    """The roster as a table."""
    return render(request, "portal/people_list.html")
