"""Which engines may photograph: the company's settings, and the employee's own choice."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from generation import selectors
from generation.forms import EnginesForm
from generation.services import engines as service
from generation.views.consented import consented
from teams.actor import Actor
from teams.http import EmployeeRequest, MemberRequest
from teams.permissions import PERSONAL_LINK, Action, access


@access(Action.CHOOSE_ENGINES)
def engines(request: MemberRequest) -> HttpResponse:
    """Whether pictures may be generated here, and by which engines."""
    company = request.company
    sent = request.POST if request.method == "POST" else None
    form = EnginesForm(sent, initial=EnginesForm.of(company))
    if form.is_valid():
        changed = service.choose(company, **form.chosen, by=Actor.member(request.user))
        messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
        return redirect("settings:engines", company=company.slug)
    context = {"form": form, "tab": "engines", "engines": selectors.engine_cards(company)}
    return render(request, "generation/settings_engines.html", context, status=422 if form.errors else 200)


@access(PERSONAL_LINK)
@require_POST
@consented
def generated(request: EmployeeRequest) -> HttpResponse:
    """Allow generated pictures of me, or take that back."""
    allowed = request.POST.get("on") == "1"
    service.allow_generated(request.employee, allowed, Actor.employee(request.employee))
    if allowed:
        messages.success(request, _("Your pictures may be generated. You can take that back here."))
    else:
        messages.success(request, _("Only your own photos are used from now on."))
    return redirect("studio:here", company=request.company.slug, token=request.token)
