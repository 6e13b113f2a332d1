"""What an employee's pages send."""

from typing import Any, Final

from django import forms
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from generation.imaging.nudge import STEPS, Nudge
from generation.services import engines, uploads
from teams.models import Company

# What the file picker offers. The bytes decide in the end: a phone names HEIC files as it likes.
ACCEPT: Final = "image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif,.heic,.heif,.avif"


class PieceForm(forms.Form):
    """The headers of one piece of an upload."""

    name = forms.CharField(max_length=500, strip=True)
    size = forms.IntegerField(min_value=0)
    offset = forms.IntegerField(min_value=0)


class RetakeForm(forms.Form):
    """Why none of the pictures will do."""

    REASONS: Final = [
        ("not_me", _("That is not me")),
        ("hair", _("My hair")),
        ("glasses", _("My glasses")),
        ("expression", _("My expression")),
        ("clothes", _("My clothes")),
        ("other", _("Something else")),
    ]
    reason = forms.ChoiceField(
        choices=REASONS,
        widget=forms.RadioSelect,
        label=_("What should be different?"),
    )


class NudgeForm(forms.Form):
    """A small change of a picture, in steps."""

    brightness = forms.IntegerField(min_value=-STEPS, max_value=STEPS)
    size = forms.IntegerField(min_value=-STEPS, max_value=STEPS)
    side = forms.IntegerField(min_value=-STEPS, max_value=STEPS)

    @property
    def nudge(self) -> Nudge:
        """What a valid form asks for."""
        return Nudge(**self.cleaned_data)


class EnginesForm(forms.Form):
    """Whether pictures may be generated in a company, and by which engines."""

    OWN, GENERATED = "own", "generated"
    pictures = forms.ChoiceField(choices=[(OWN, _("Own photos")), (GENERATED, _("Generated"))])
    engines = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offered = [offer.name for offer in engines.offered()]
        chosen = self.fields["engines"]
        assert isinstance(chosen, forms.MultipleChoiceField)
        chosen.choices = [(name, name) for name in self._offered]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("pictures") == self.GENERATED and not cleaned.get("engines"):
            self.add_error("engines", gettext("Leave at least one engine on, or use own photos only."))
        return cleaned

    @property
    def chosen(self) -> dict[str, Any]:
        """What a valid form says, for `services.engines.choose`. Engines that are not offered at the moment
        stay as they are; without generated pictures the single switches keep their positions."""
        on = set(self.cleaned_data["engines"])
        generated = self.cleaned_data["pictures"] == self.GENERATED
        kept = [name for name in self.initial["off"] if name not in self._offered]
        off = [name for name in self._offered if name not in on] if generated else self.initial["off"]
        return {"generated": generated, "off": sorted({*kept, *off})}

    @classmethod
    def of(cls, company: Company) -> dict[str, Any]:
        """Initial values."""
        return {
            "pictures": cls.GENERATED if company.allow_generated else cls.OWN,
            "engines": [one.name for one in engines.offered() if one.name not in company.engines_off],
            "off": list(company.engines_off),
        }


class ForgetForm(forms.Form):
    """Confirms the deletion by typing a word."""

    confirm = forms.CharField(max_length=40)

    @staticmethod
    def word() -> str:
        """What has to be typed, in the reader's language."""
        return pgettext("typed to confirm deletion", "delete")

    def clean_confirm(self) -> str:
        typed = str(self.cleaned_data["confirm"]).strip()
        if typed.casefold() != self.word().casefold():
            raise forms.ValidationError(
                gettext("Type “%(word)s” to confirm.") % {"word": self.word()}, code="other_word"
            )
        return typed


class SizeLimit(FileUploadHandler):
    """Stops taking a file's bytes once it is larger than allowed; the other files go on."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        # (name, bytes seen) of the files that were too large.
        self.refused: list[tuple[str, int]] = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        end = start + len(raw_data)
        if end > uploads.max_bytes():
            self.refused.append((str(self.file_name), end))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None


def limited_upload_handlers(request: HttpRequest) -> SizeLimit:
    """Make this request's file uploads bounded. Call before anything reads the request's POST."""
    limit = SizeLimit(request)
    request.upload_handlers = [limit, TemporaryFileUploadHandler(request)]
    return limit
