"""Pages of styles."""

from django.http import HttpResponse
from django.shortcuts import render

from teams.http import MemberRequest
from teams.permissions import Action, access


@access(Action.MANAGE_STYLES)
def gallery(request: MemberRequest) -> HttpResponse:
    """All styles of the company."""
    return render(request, "branding/gallery.html")
