"""Sets of headshots for the outside."""

from django.http import HttpResponse
from django.shortcuts import render

from teams.http import MemberRequest
from teams.permissions import Action, access


@access(Action.EXPORT)
def export_list(request: MemberRequest) -> HttpResponse:
    """The history."""
    return render(request, "generation/review/empty.html")
