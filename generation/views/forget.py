"""Delete everything about me, and the receipt."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from generation.forms import ForgetForm
from generation.services import erasure
from teams.actor import Actor
from teams.http import CompanyRequest, EmployeeRequest
from teams.permissions import COMPANY_PUBLIC, PERSONAL_LINK, access


@access(PERSONAL_LINK)
@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: EmployeeRequest) -> HttpResponse:
    """Delete everything about me."""
    form = ForgetForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"employee": request.employee, "token": request.token, "form": form}
        return render(request, "generation/studio/forget.html", context | {"word": ForgetForm.word()})
    done = erasure.erase(request.employee, Actor.employee(request.employee))
    return redirect("studio:receipt", company=request.company.slug, token=request.token, number=done.number)


@access(COMPANY_PUBLIC)
@require_safe
def receipt(request: CompanyRequest, token: str, number: str) -> HttpResponse:
    """The receipt outlives the link, which is revoked by then; its number is the key."""
    found = erasure.find_receipt(number)
    if found is None:
        raise Http404
    return render(request, "generation/studio/receipt.html", {"receipt": found})
