"""Live pictures and words of a style: what the editor, the gallery and the comparison show."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext

from branding.forms import LookForm, look_query
from branding.look import Look
from branding.selectors import file_names
from generation.imaging import prompt
from generation.imaging.errors import SubjectError
from generation.services import previews
from teams.http import MemberRequest
from teams.permissions import Action, access

# What a framing can ask of a photo that it does not have.
_TOO_TIGHT = ("crop_too_tight", "head_cut")


def _look(request: MemberRequest) -> LookForm:
    """The look in the query; what is missing is as in a fresh one, so that a short address works."""
    start = LookForm()
    data = {name: request.GET.get(name, start.initial[name]) for name in start.fields}
    return LookForm(data, known=file_names(request.company.pk))


def _size(request: MemberRequest) -> str:
    size = request.GET.get("size", "card")
    if size not in previews.SIZES:
        raise Http404
    return size


def _refused(message: str) -> HttpResponse:
    return JsonResponse({"message": message}, status=422)


def _jpeg(content: bytes, tag: str) -> HttpResponse:
    response = HttpResponse(content, content_type="image/jpeg")
    response["ETag"] = tag
    # Asked again each time, so that a person who withdrew is gone at once; answered by 304 when unchanged.
    response["Cache-Control"] = "private, no-cache"
    return response


@access(Action.MANAGE_STYLES)
def picture(request: MemberRequest, who: str) -> HttpResponse:
    """One person under the look in the query, as JPEG; 422 with a sentence where that cannot be."""
    person = previews.sitter(request.company, who)
    form, size = _look(request), _size(request)
    if person is None:
        raise Http404
    if not form.is_valid():
        return _refused(gettext("Correct the marked values to see this picture."))
    tag = previews.etag(person, form.look, size)
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    try:
        return _jpeg(previews.picture(person, form.look, size), tag)
    except SubjectError as error:
        return _refused(_sentence(error))
    except FileNotFoundError as error:
        raise Http404 from error


@access(Action.MANAGE_STYLES)
def before(request: MemberRequest, who: str) -> HttpResponse:
    """The person's own photo in the framing of the query, as JPEG."""
    person = previews.sitter(request.company, who)
    form, size = _look(request), _size(request)
    if person is None:
        raise Http404
    if not form.is_valid():
        return _refused(gettext("Correct the marked values to see this picture."))
    plain = Look(framing=form.look.framing)
    tag = previews.etag(person, plain, f"{size}-before")
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    try:
        return _jpeg(previews.before(person, plain.framing, size), tag)
    except SubjectError as error:
        return _refused(_sentence(error))
    except FileNotFoundError:
        return _refused(gettext("The photo itself has been deleted; only the finished picture is kept."))


def _sentence(error: SubjectError) -> str:
    if error.code in _TOO_TIGHT:
        return gettext("This person's photo ends too early for this framing. A smaller head height will fit.")
    return gettext("This person's photo cannot be shown in this style.")


@access(Action.MANAGE_STYLES)
def people(request: MemberRequest) -> HttpResponse:
    """The figures of everybody a look is tried on; the look is in the query."""
    form = _look(request)
    context = {
        "sitters": previews.sitters(request.company),
        "query": look_query(form.look) if form.is_valid() else look_query(Look()),
        "plain": request.GET.get("plain") == "1",
        "label": request.GET.get("label", "")[:80],
    }
    return render(request, "branding/_people.html", context)


@access(Action.MANAGE_STYLES)
def words(request: MemberRequest) -> HttpResponse:
    """Prompt and negative prompt of the look in the query."""
    form = _look(request)
    built = prompt.build(form.look) if form.is_valid() else None
    return render(request, "branding/_words.html", {"prompt": built, "keep": prompt.KEEP})
