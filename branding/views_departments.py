"""The page that gives departments a style of their own."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from branding import selectors, services
from branding.forms import DepartmentsForm
from teams.http import MemberRequest
from teams.permissions import Action, access


@access(Action.MANAGE_STYLES)
@require_http_methods(["GET", "HEAD", "POST"])
def departments(request: MemberRequest) -> HttpResponse:
    """Which department is photographed in which style."""
    company = request.company
    rows, styles = selectors.departments(company.pk), selectors.published(company.pk)
    form = DepartmentsForm(request.POST or None, departments=rows, styles=styles)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.dress_departments(company, form.wanted, request.user)
        except services.StyleRefused as refusal:
            messages.warning(request, refusal.message)
        else:
            saved = _("Saved. Pictures that are there already stay as they are.")
            messages.success(request, saved if changed else _("Nothing has changed."))
        return HttpResponseRedirect(reverse("styles:departments", args=[company.slug]))
    context = {
        "form": form,
        "default": next((one for one in styles if one.is_default), None),
        "styles": styles,
    }
    return render(request, "branding/departments.html", context, status=422 if form.errors else 200)
