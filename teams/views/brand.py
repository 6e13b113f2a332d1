"""Settings: the brand, and its logo for everybody who may see the welcome page."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from teams.actor import Actor
from teams.forms import BrandForm
from teams.http import CompanyRequest, MemberRequest
from teams.models import Company
from teams.permissions import COMPANY_PUBLIC, Action, access
from teams.services import accent, logos
from teams.services.company import save_brand


@access(Action.MANAGE_COMPANY)
def brand(request: MemberRequest) -> HttpResponse:
    """Name, colour, logo, words and limits."""
    # A copy: a form that is not valid must not change what the page's frame shows.
    company = Company.objects.get(pk=request.company.pk)
    form = BrandForm(request.POST or None, request.FILES or None, instance=company)
    if request.method == "POST" and form.is_valid():
        before = request.company
        changed = [name for name in BrandForm.Meta.fields if getattr(company, name) != getattr(before, name)]
        changed = save_brand(
            company,
            changed,
            Actor.member(request.user),
            logo=form.cleaned_data["logo_file"],
            remove_logo=form.cleaned_data["remove_logo"],
        )
        messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
        return redirect("settings:brand", company=company.slug)
    context = {
        "form": form,
        "tab": "brand",
        "contrast": accent.contrast(request.company.accent, "#ffffff"),
        "contrast_needed": accent.AA_TEXT,
    }
    return render(request, "teams/settings_brand.html", context, status=422 if form.errors else 200)


@access(COMPANY_PUBLIC)
@require_safe
@cache_control(public=True, max_age=3600)
def logo(request: CompanyRequest) -> HttpResponse:
    """The logo as PNG."""
    png = logos.read(request.company)
    if png is None:
        raise Http404
    return HttpResponse(png, content_type="image/png")
