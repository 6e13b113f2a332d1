"""Company settings: brand, members, audit log."""

from django.http import HttpResponse
from django.shortcuts import render

from teams.http import MemberRequest
from teams.permissions import Action, access


@access(Action.MANAGE_COMPANY)
def brand(request: MemberRequest) -> HttpResponse:
    """Name, accent, logo, words and limits."""
    return render(request, "teams/settings_brand.html")


@access(Action.MANAGE_COMPANY)
def members(request: MemberRequest) -> HttpResponse:
    """Who may sign in, and as what."""
    return render(request, "teams/settings_members.html")


@access(Action.VIEW_AUDIT)
def audit(request: MemberRequest) -> HttpResponse:
    """Who did what, when."""
    return render(request, "teams/settings_audit.html")
