"""Approved headshots: find, look, download."""

from django.http import HttpResponse
from django.shortcuts import render

from teams.http import MemberRequest
from teams.permissions import Action, access


@access(Action.VIEW_LIBRARY)
def library(request: MemberRequest) -> HttpResponse:
    """Everybody approved."""
    return render(request, "generation/review/empty.html")
