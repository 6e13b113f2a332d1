"""Forms of people, imports, letters, consent and settings: what is checked before a service is called."""

import re
import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from teams.models import Company, Employee, Role
from teams.services import accent, letters, logos, tables
from teams.services.columns import LABELS, Columns, complete


def one_line(text: str) -> str:
    """Single spaces, no line breaks: names end up in mail headers."""
    return " ".join(text.split())


class EmployeeForm(forms.Form):
    """A person on the roster. The department is a name: a new one is made."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), help_text=gettext_lazy("The personal link goes to this address.")
    )
    department = forms.CharField(
        label=gettext_lazy("Department"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "departments"}),
        help_text=gettext_lazy("Choose one or write a new one."),
    )
    title = forms.CharField(label=gettext_lazy("Job title"), max_length=120, required=False)
    location = forms.CharField(label=gettext_lazy("Location"), max_length=120, required=False)
    external_id = forms.CharField(
        label=gettext_lazy("Employee number"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("From your own directory. Finds the person again when their address changes."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {key: one_line(value) if isinstance(value, str) else value for key, value in cleaned.items()}

    @staticmethod
    def of(employee: Employee) -> dict[str, Any]:
        """Initial values for editing."""
        names = ("name", "email", "title", "location", "external_id")
        department = employee.department.name if employee.department else ""
        return {**{name: getattr(employee, name) for name in names}, "department": department}


class ImportFileForm(forms.Form):
    """A roster file; read and bounded here, so that a wrong one is refused beside its field."""

    file = forms.FileField(label=gettext_lazy("CSV or Excel file"))

    def clean_file(self) -> tables.Table:
        file = self.cleaned_data["file"]
        if file.size > tables.MAX_BYTES:
            raise ValidationError(
                _("This file is larger than %(mb)d MB.") % {"mb": tables.MAX_BYTES // 2**20}
            )
        self.file_name = str(file.name)
        try:
            return tables.read_table(file.read(), self.file_name)
        except tables.TableError as error:
            raise ValidationError(str(error)) from error


class ColumnsForm(forms.Form):
    """Which column of the uploaded table holds what; empty: not in the file."""

    def __init__(self, header: list[str], columns: Columns, data: Any = None) -> None:
        super().__init__(data, initial={field: str(at) for field, at in columns.items()})
        choices = [("", _("not in the file"))]
        choices += [
            (str(at), text or _("Column %(number)d") % {"number": at + 1}) for at, text in enumerate(header)
        ]
        for field, label in LABELS.items():
            self.fields[field] = forms.ChoiceField(label=label, choices=choices, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.columns: Columns = {field: int(at) for field, at in cleaned.items() if at != ""}
        if self.is_valid_so_far and not complete(self.columns):
            raise ValidationError(
                _("Say which columns hold the e-mail address and the name (or first and last name).")
            )
        return cleaned

    @property
    def is_valid_so_far(self) -> bool:
        return not self.errors


class LetterForm(forms.Form):
    """An invite or reminder as HR writes it."""

    kind = forms.ChoiceField(
        choices=[(kind, kind) for kind in letters.KINDS], widget=forms.HiddenInput, required=True
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=150)
    body = forms.CharField(
        label=gettext_lazy("Words"), max_length=5000, widget=forms.Textarea(attrs={"rows": 13})
    )

    def __init__(self, company: Company, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company

    def clean_subject(self) -> str:
        subject = one_line(self.cleaned_data["subject"])
        self._known_only(subject)
        if "{link}" in subject:
            raise ValidationError(_("The link is too long for a subject; put it into the words."))
        return subject

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"].replace("\r\n", "\n").replace("\0", "")
        self._known_only(body)
        if "{link}" not in body:
            raise ValidationError(_("Put {link} where the personal link should stand."))
        return body

    def _known_only(self, words: str) -> None:
        unknown = letters.unknown_placeholders(words)
        if unknown:
            raise ValidationError(
                _("{%(name)s} is not a placeholder. There are {name}, {company}, {link} and {due}.")
                % {"name": unknown[0]}
            )
        if "{due}" in words and self.company.due_on is None:
            raise ValidationError(_("There is no due date yet. Set one in the settings, or take {due} out."))

    @property
    def letter(self) -> letters.Letter:
        """The letter of a valid form."""
        cleaned = self.cleaned_data
        return letters.Letter(cleaned["kind"], cleaned["subject"], cleaned["body"])

    @staticmethod
    def of(letter: letters.Letter) -> dict[str, Any]:
        """Initial values, with a fresh key."""
        return {"kind": letter.kind, "subject": letter.subject, "body": letter.body, "key": uuid.uuid4()}


class ConsentForm(forms.Form):
    """Separate, unticked choices and a typed name."""

    headshot = forms.BooleanField(
        error_messages={"required": gettext_lazy("Without this we may not make a headshot of you.")}
    )
    biometrics = forms.BooleanField(
        error_messages={
            "required": gettext_lazy(
                "Without this we cannot make sure that the picture still looks like you."
            )
        }
    )
    generated = forms.BooleanField(required=False)
    signature = forms.CharField(
        label=gettext_lazy("Your name, as your signature"),
        max_length=120,
        min_length=2,
        error_messages={"required": gettext_lazy("Type your name to sign.")},
    )

    def clean_signature(self) -> str:
        signature = one_line(self.cleaned_data["signature"])
        if not re.search(r"\w", signature):
            raise ValidationError(_("Type your name to sign."))
        return signature


if TYPE_CHECKING:
    _CompanyForm = forms.ModelForm[Company]
else:
    _CompanyForm = forms.ModelForm


class BrandForm(_CompanyForm):
    """What the company's people see, and the limits they work in."""

    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text=gettext_lazy("PNG or JPEG, up to 2 MB. Shown on the welcome page and in mails."),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)

    class Meta:
        model = Company
        fields = (
            "name",
            "accent",
            "welcome",
            "due_on",
            "mail_sender",
            "language",
            "max_photos",
            "max_shoots",
            "retention_days",
            "allow_nudges",
        )
        widgets = {
            "accent": forms.TextInput(attrs={"type": "color"}),
            "welcome": forms.Textarea(attrs={"rows": 4, "maxlength": 1000}),
            "due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "language": forms.Select(choices=settings.LANGUAGES),
        }
        labels = {
            "name": gettext_lazy("Company name"),
            "accent": gettext_lazy("Colour"),
            "welcome": gettext_lazy("Words of welcome"),
            "due_on": gettext_lazy("Due date"),
            "mail_sender": gettext_lazy("Sender name of mails"),
            "language": gettext_lazy("Language of mails"),
            "max_photos": gettext_lazy("Photos per person, at most"),
            "max_shoots": gettext_lazy("Rounds of pictures per person, at most"),
            "retention_days": gettext_lazy("Days that photos are kept"),
            "allow_nudges": gettext_lazy("People may adjust light and crop a little"),
        }
        help_texts = {
            "accent": gettext_lazy(
                "One colour for buttons and links. Too light ones are darkened to stay readable."
            ),
            "welcome": gettext_lazy(
                "Your own words above the start button: why, and what the pictures are for."
            ),
            "due_on": gettext_lazy("Named in mails and on the welcome page."),
            "mail_sender": gettext_lazy("Empty: the company's name."),
            "max_photos": gettext_lazy("4 to 40. Eight good ones are plenty."),
            "max_shoots": gettext_lazy("1 to 20. How often somebody may say “none of these”."),
            "retention_days": gettext_lazy("30 to 1,095. Named in the consent; photos are deleted after it."),
            "allow_nudges": gettext_lazy(
                "Within the style's framing and their own skin tone. Changes are checked and shown in review."
            ),
        }

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_mail_sender(self) -> str:
        return one_line(self.cleaned_data["mail_sender"])

    def clean_accent(self) -> str:
        colour: str = self.cleaned_data["accent"].lower()
        if not accent.is_hex(colour):
            raise ValidationError(_("Write the colour like #3355cc."))
        return colour

    def clean_language(self) -> str:
        language: str = self.cleaned_data["language"]
        if language not in dict(settings.LANGUAGES):
            raise ValidationError(_("This language is not available."))
        return language

    def clean_max_photos(self) -> int:
        return self._within("max_photos", 4, 40)

    def clean_max_shoots(self) -> int:
        return self._within("max_shoots", 1, 20)

    def clean_retention_days(self) -> int:
        return self._within("retention_days", 30, 1095)

    def _within(self, field: str, low: int, high: int) -> int:
        value: int = self.cleaned_data[field]
        if not low <= value <= high:
            raise ValidationError(_("Between %(low)d and %(high)d.") % {"low": low, "high": high})
        return value

    def clean_logo_file(self) -> bytes | None:
        file = self.cleaned_data.get("logo_file")
        if not file:
            return None
        if file.size > logos.MAX_BYTES:
            raise ValidationError(_("The logo is larger than 2 MB."))
        try:
            return logos.normalized(file.read())
        except logos.LogoError as error:
            raise ValidationError(str(error)) from error


class MemberForm(forms.Form):
    """Somebody new who may sign in."""

    email = forms.EmailField(label=gettext_lazy("E-mail"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.HR)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])


class RoleForm(forms.Form):
    """A member's new role."""

    role = forms.ChoiceField(choices=Role.choices)


class AuditFilterForm(forms.Form):
    """What the audit log is narrowed to. Fields that make no sense narrow nothing."""

    q = forms.CharField(required=False, max_length=100)
    action = forms.CharField(required=False, max_length=40)
    since = forms.DateField(
        label=pgettext_lazy("date", "From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=pgettext_lazy("date", "To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
