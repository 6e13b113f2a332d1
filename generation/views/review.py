"""The reviewer's pages: one person at a time, and everyone on the team wall."""

from django.http import HttpResponse
from django.shortcuts import render

from teams.http import MemberRequest
from teams.permissions import Action, access


@access(Action.REVIEW)
def queue(request: MemberRequest) -> HttpResponse:
    """The one who has waited longest."""
    return render(request, "generation/review/empty.html")


@access(Action.VIEW_WALL)
def wall(request: MemberRequest) -> HttpResponse:
    """Everyone on one page."""
    return render(request, "generation/review/empty.html")
