"""Forms of styles. Types are read here; what is allowed is decided by `branding.look` alone."""

import uuid
from collections.abc import Container, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from branding.controls import GROUPS, KINDS, Control, by_path, controls
from branding.engines import FOLLOWS_REFERENCES, HELP, WORDS
from branding.look import MOST_REFERENCES, Look
from branding.models import Style
from branding.starters import START
from teams.models import Department

NAME_LENGTH = 80


def _number(control: Control) -> forms.Field:
    low, high = control.bounds
    # Bounds are hints for the browser; the look itself refuses what lies outside.
    attrs = {"min": low, "max": high, "step": "any", "data-step": control.step, "inputmode": "decimal"}
    return forms.DecimalField(
        label=control.label,
        help_text=control.help,
        widget=forms.NumberInput(attrs=attrs),
        error_messages={"required": _("Type a number."), "invalid": _("Type a number.")},
    )


def _field(control: Control) -> forms.Field:
    if control.kind == "number":
        return _number(control)
    if control.kind == "choice":
        return forms.ChoiceField(
            label=control.label,
            choices=[(value, KINDS[value]) for value in control.options],
            widget=forms.RadioSelect,
            error_messages={
                "invalid_choice": _("Choose one of these."),
                "required": _("Choose one of these."),
            },
        )
    if control.kind == "color":
        attrs = {"maxlength": 7, "spellcheck": "false", "autocomplete": "off", "data-color": ""}
        return forms.CharField(
            label=control.label,
            help_text=control.help,
            widget=forms.TextInput(attrs=attrs),
            error_messages={"required": _("Type a colour, like #c9ced6.")},
        )
    if control.kind in ("picture", "table"):
        # Shown as the company's files to choose from, see templates/branding/_control.html.
        return forms.CharField(
            label=control.label, help_text=control.help, required=False, widget=forms.HiddenInput
        )
    attrs = {"rows": 2, "maxlength": 300}
    return forms.CharField(
        label=control.label, help_text=control.help, required=False, widget=forms.Textarea(attrs=attrs)
    )


def look_data(look: Look) -> dict[str, str]:
    """A look as the form's fields are filled: also the query string of a preview."""
    data = {}
    for control in controls():
        value = control.value(look)
        data[control.name] = control.shown(value) if control.kind == "number" else value
    return data


def look_query(look: Look) -> str:
    """A look as the query string that a preview understands."""
    return urlencode(look_data(look))


class LookForm(forms.Form):
    """Every control of a look. After `is_valid()`, `look` is the value.

    `base` gives what has no control of its own; `known` are the content ids of the company's files, None
    where nobody asks.
    """

    look: Look

    def __init__(
        self, *args: Any, base: Look | None = None, known: Container[str] | None = None, **kwargs: Any
    ) -> None:
        self.base, self.known = base or Look(), known
        kwargs.setdefault("initial", {}).update(look_data(self.base))
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for control in controls():
            self.fields[control.name] = _field(control)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        values = self.base.model_dump()
        for control in controls():
            if control.name in cleaned:
                _put(values, control, cleaned[control.name])
        try:
            self.look = Look.model_validate(values)
        except ValidationError as error:
            for problem in error.errors():
                self._tell(dict(problem))
        else:
            self._miss_files()
        return cleaned

    def _miss_files(self) -> None:
        for path, key in self.look.files().items():
            control = by_path(path)
            if control and self.known is not None and key not in self.known:
                self.add_error(control.name, gettext("This file has been deleted. Choose another one."))

    def _tell(self, problem: dict[str, Any]) -> None:
        control = by_path(tuple(problem["loc"]))
        if control is None:
            self.add_error(None, gettext("This style cannot be used: %s") % problem["msg"])
        elif control.name in self.fields:
            self.add_error(control.name, sentence(control, problem))

    def groups(self) -> list[dict[str, Any]]:
        """Groups of bound fields with their controls, for the editor."""
        return [
            {
                "key": group.key,
                "label": group.label,
                "rows": [{"control": item, "field": self[item.name]} for item in group.controls],
                "wrong": any(item.name in self.errors for item in group.controls),
            }
            for group in GROUPS
        ]


def _put(values: dict[str, Any], control: Control, value: Any) -> None:
    target = values
    for step in control.path[:-1]:
        target = target[step]
    target[control.path[-1]] = control.stored(value) if isinstance(value, Decimal) else value


def sentence(control: Control, problem: dict[str, Any]) -> str:
    """A pydantic error in the words of the person at the form."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "greater_than_equal":
        return str(gettext("At least %s.") % control.words(context["ge"]))
    if kind == "less_than_equal":
        return str(gettext("At most %s.") % control.words(context["le"]))
    if kind == "string_pattern_mismatch":
        return gettext("Write the colour as # and six digits, like #c9ced6.")
    if kind == "no_image":
        return gettext("Choose a picture, or upload one.")
    if kind == "string_too_long":
        return str(gettext("At most %d characters.") % context["max_length"])
    if kind == "guarded_word":
        told = gettext(
            "Leave out “%s”: words about age, beauty, skin or origin never reach a picture. "
            "People keep their own looks; describe clothes, expression and light."
        )
        return str(told % context["word"])
    return str(problem["msg"])


class NameField(forms.CharField):
    """A style's name."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "maxlength": NAME_LENGTH})
        errors = {"required": _("Give the style a name.")}
        super().__init__(
            label=_("Name"), max_length=NAME_LENGTH, widget=widget, error_messages=errors, **kwargs
        )


class DraftForm(LookForm):
    """The editor: a look, its name, and which state of the draft it was opened on."""

    name = NameField()
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, engines: Sequence[str] = (), **kwargs: Any) -> None:
        """`engines` may be asked for; the style's own stays to choose as long as it is chosen."""
        super().__init__(*args, **kwargs)
        names = [name for name in WORDS if name in {*engines, self.base.engine}]
        if len(names) > 1:
            self.fields["engine"] = forms.ChoiceField(
                label=_("How pictures are made"),
                choices=[(name, WORDS[name]) for name in names],
                initial=self.base.engine,
                widget=forms.RadioSelect,
                # A page from before there was a choice sends none.
                required=False,
                error_messages={"invalid_choice": _("Choose one of these.")},
            )

        if FOLLOWS_REFERENCES.intersection(names):
            self.fields["references"] = forms.Field(
                label=_("Reference pictures"),
                help_text=_(
                    "Their colour and light are followed where clothes or the whole picture are drawn. "
                    "Nobody's face is taken from them."
                ),
                initial=list(self.base.engine_options.references),
                widget=forms.MultipleHiddenInput,
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("engine") and hasattr(self, "look"):
            self.look = self.look.model_copy(update={"engine": cleaned["engine"]})
        # A page from before there were any sends nothing, not even the empty one.
        if "references" in self.fields and self.data.getlist("references") and hasattr(self, "look"):  # type: ignore[attr-defined]
            self._refer([key for key in cleaned.get("references") or () if key])
        return cleaned

    def _refer(self, keys: list[str]) -> None:
        """Take the chosen reference pictures into the look."""
        if self.known is not None and not all(key in self.known for key in keys):
            self.add_error("references", gettext("This file has been deleted. Choose another one."))
        elif len(keys) > MOST_REFERENCES:
            self.add_error("references", gettext("Choose %d at most.") % MOST_REFERENCES)
        else:
            options = self.look.engine_options.model_copy(update={"references": tuple(keys)})
            self.look = self.look.model_copy(update={"engine_options": options})

    def engines(self) -> list[dict[str, Any]]:
        """The engines to choose from with what they mean; empty where there is no choice."""
        if "engine" not in self.fields:
            return []
        return [{"option": option, "help": HELP[str(option.data["value"])]} for option in self["engine"]]


class NewStyleForm(forms.Form):
    """A name and what to start from: a starter's key or another style's id."""

    name = NameField(help_text=_("For example the brand, or the department it is for."))
    start = forms.ChoiceField(
        label=_("Start from"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what to start from."),
            "invalid_choice": _("Choose one of these."),
        },
    )

    def __init__(self, *args: Any, styles: list[Style], **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.looks = {key: starter.look for key, starter in START.items()}
        self.looks |= {str(style.pk): style.draft_look for style in styles}
        choices = [(key, starter.name) for key, starter in START.items()]
        choices += [(str(style.pk), gettext("Copy of %s") % style.name) for style in styles]
        field = self.fields["start"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def look(self) -> Look:
        """The look to start from, after `is_valid()`."""
        return self.looks[self.cleaned_data["start"]]


class PublishForm(forms.Form):
    """Confirmed by naming the style; says which draft was looked at."""

    confirm = forms.CharField()
    make_default = forms.BooleanField(
        label=_("Use it for new shoots"),
        help_text=_("People who already have pictures keep them."),
        required=False,
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, style: Style, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.style = style
        told = gettext("Type “%s” to publish it") % style.name
        self.fields["confirm"].label = told
        self.fields["confirm"].error_messages["required"] = f"{told}."
        self.fields["confirm"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean_confirm(self) -> str:
        name = str(self.cleaned_data["confirm"]).strip()
        if name.casefold() != self.style.name.casefold():
            raise forms.ValidationError(_("Type “%s” to publish it.") % self.style.name)
        return name


class DepartmentsForm(forms.Form):
    """Which style each department is photographed in; empty for the company's own.

    After `is_valid()`, `wanted` is the style by department.
    """

    def __init__(
        self, *args: Any, departments: Sequence[Department], styles: Sequence[Style], **kwargs: Any
    ) -> None:
        """`departments` as `selectors.departments` gives them, `styles` those that are published."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.departments, self.styles = departments, {str(style.pk): style for style in styles}
        default = next((style.name for style in styles if style.is_default), "")
        nothing = gettext("As everybody (%s)") % default if default else gettext("As everybody")
        others = [(key, style.name) for key, style in self.styles.items() if not style.is_default]
        for department in departments:
            self.fields[self.key(department)] = forms.ChoiceField(
                label=department.name,
                choices=[("", nothing), *others],
                required=False,
                initial=self._worn(department),
                error_messages={"invalid_choice": _("Choose one of these.")},
            )

    @staticmethod
    def key(department: Department) -> str:
        """The name of a department's field."""
        return f"department-{department.pk}"

    def _worn(self, department: Department) -> str:
        style = self.styles.get(str(getattr(department, "style_id", None) or ""))
        # The default, chosen for a department before it became everybody's, is what it has anyway.
        return str(style.pk) if style and not style.is_default else ""

    @property
    def wanted(self) -> dict[uuid.UUID, Style | None]:
        """Each department's style, None for the company's default."""
        return {
            department.pk: self.styles.get(self.cleaned_data[self.key(department)])
            for department in self.departments
        }

    def rows(self) -> list[dict[str, Any]]:
        """Departments with their bound fields."""
        return [{"department": one, "field": self[self.key(one)]} for one in self.departments]
