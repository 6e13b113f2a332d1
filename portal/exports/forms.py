"""What somebody wants exported."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from branding.presets import PRESETS
from generation.models import Headshot
from portal.exports import names, selectors
from portal.exports.selectors import Choice
from portal.models import ExportChoice
from teams.models import Company, Department

# Ids of one selection; more are meant by a choice, not by ticks.
SELECTION_MOST = 500


class ExportForm(forms.Form):
    """Presets, people and file names. Valid means: at least one person, and no two get one name."""

    presets = forms.MultipleChoiceField(
        label=_("Sizes"),
        choices=[(preset.key, preset.label) for preset in PRESETS.values()],
        initial=list(PRESETS),
        error_messages={"required": _("Choose at least one size.")},
    )
    choice = forms.ChoiceField(label=_("People"), choices=ExportChoice.choices, initial=ExportChoice.ALL)
    department = forms.ModelChoiceField(
        label=_("Department"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=_("Choose …"),
        widget=forms.Select(attrs={"aria-label": _("Department")}),
    )
    pattern = forms.CharField(
        label=_("File names"),
        initial=names.STANDARD,
        max_length=120,
        error_messages={"required": _("Write how the files shall be named.")},
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, company: Company, selection: list[uuid.UUID], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.selection = selection
        department = self.fields["department"]
        assert isinstance(department, forms.ModelChoiceField)
        department.queryset = Department.objects.filter(company=company)
        # Those whom the choice means; known after cleaning.
        self.people: list[Headshot] = []
        self.collisions: list[tuple[str, list[str]]] = []

    def clean_pattern(self) -> str:
        pattern = str(self.cleaned_data["pattern"]).strip()
        unknown = names.unknown(pattern)
        if unknown:
            words = ", ".join(f"{{{name}}}" for name in unknown)
            raise forms.ValidationError(gettext("There is no %(words)s.") % {"words": words}, code="unknown")
        if names.is_constant(pattern):
            raise forms.ValidationError(
                gettext("Everybody would get the same name. Use at least {name}, {email} or {id}."),
                code="constant",
            )
        return pattern

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("choice") == ExportChoice.DEPARTMENT and not data.get("department"):
            self.add_error("department", gettext("Choose the department."))
            return data
        if data.get("choice") and data.get("presets"):
            self.people = list(selectors.people(self._choice(data), data["presets"]))
            if not self.people:
                self.add_error("choice", self._nobody(data["choice"]))
        if data.get("pattern"):
            self._check_names(data["pattern"])
        return data

    def _choice(self, data: dict[str, Any]) -> Choice:
        department = data.get("department")
        return Choice(data["choice"], department.pk if department else None, self.selection)

    @staticmethod
    def _nobody(choice: str) -> str:
        if choice == ExportChoice.CHANGED:
            return gettext("Nothing is new: every approved headshot has been exported in these sizes.")
        return gettext("There is no approved headshot among these people.")

    def _check_names(self, pattern: str) -> None:
        self.collisions = names.collisions(pattern, self.people)
        if self.collisions:
            name, people = self.collisions[0]
            more = len(self.collisions) - 1
            words = gettext("%(people)s would all be “%(name)s”.") % {
                "people": ", ".join(people[:4]),
                "name": name,
            }
            if more:
                tail = ngettext("And %(n)d other name clashes.", "And %(n)d other names clash.", more)
                words = f"{words} {tail % {'n': more}}"
            self.add_error("pattern", f"{words} {gettext('Add {id} or {email} to tell them apart.')}")

    @property
    def choice_name(self) -> str:
        """The department's name, for the history."""
        department = self.cleaned_data.get("department")
        chosen = self.cleaned_data.get("choice") == ExportChoice.DEPARTMENT
        return str(department) if chosen and department else ""

    def examples(self, most: int = 3) -> list[str]:
        """File names of the first people, as they will stand in the archive."""
        pattern = self.cleaned_data.get("pattern")
        presets = self.cleaned_data.get("presets") or []
        if not pattern or not presets:
            return []
        preset = PRESETS[presets[0]]
        return [
            f"{preset.key}/{names.stem(pattern, row.employee, preset.key)}.{preset.suffix}"
            for row in self.people[:most]
        ]
