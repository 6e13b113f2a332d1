"""The employee's first pages: welcome and consent. A GET accepts nothing: mail scanners open links too."""

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from teams import transitions
from teams.actor import Actor
from teams.forms import ConsentForm
from teams.http import EmployeeRequest
from teams.permissions import PERSONAL_LINK, access
from teams.selectors import live_consent
from teams.services import consents


def _go_on(request: EmployeeRequest) -> HttpResponse:
    return redirect("studio:here", company=request.company.slug, token=request.token)


def _looked_at(request: EmployeeRequest) -> bool:
    """Whether a page was shown to somebody; not for link checkers and browsers that fetch ahead."""
    ahead = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method == "GET" and "prefetch" not in ahead


@access(PERSONAL_LINK)
@never_cache
@require_safe
def welcome(request: EmployeeRequest) -> HttpResponse:
    """What will happen, in three lines; somebody who has consented goes on where they were."""
    if _looked_at(request):
        # Refused when it is opened in two tabs at once.
        with suppress(transitions.TransitionRefused):
            transitions.invite_opened(request.invite, Actor.employee(request.employee))
    if live_consent(request.employee) is not None:
        return _go_on(request)
    return render(request, "teams/me_welcome.html", {"employee": request.employee, "token": request.token})


@access(PERSONAL_LINK)
@never_cache
def consent(request: EmployeeRequest) -> HttpResponse:
    """What the employee agrees to: plain words, separate choices, a typed name; the full text below."""
    if live_consent(request.employee) is not None:
        return _go_on(request)
    form = ConsentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            consents.give(
                request.employee,
                request.invite,
                generated=form.cleaned_data["generated"],
                signature=form.cleaned_data["signature"],
                language=get_language() or request.company.language,
            )
        except transitions.TransitionRefused:
            # HR took the link back while the page was open.
            return render(request, "teams/link_gone.html", {"revoked": True}, status=410)
        return _go_on(request)
    context = {
        "form": form,
        "employee": request.employee,
        "token": request.token,
        "version": consents.TEXT_VERSION,
        "full_text": f"teams/consent/{consents.TEXT_VERSION}.html",
    }
    return render(request, "teams/me_consent.html", context, status=422 if form.errors else 200)
