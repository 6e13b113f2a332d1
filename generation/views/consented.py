"""Nothing of an employee is shown, taken or made without their consent."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from teams.http import EmployeeRequest
from teams.selectors import live_consent

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def consented(view: View) -> View:
    """Let the view run only with a consent that stands: pages lead to the welcome, acts are refused."""

    @wraps(view)
    def guarded(request: EmployeeRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if live_consent(request.employee) is not None:
            return view(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            return redirect("me:welcome", company=request.company.slug, token=request.token)
        words = _("Agree to how your photos are used first. Open your personal link again.")
        if request.headers.get("Upload-Size"):
            return JsonResponse({"refused": words}, status=403)
        context = {"token": request.token, "words": words}
        return render(request, "generation/studio/no_consent.html", context, status=403)

    return guarded  # type: ignore[return-value]
