"""What reviewers and marketing send."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from generation.models import ReturnReason
from generation.review_selectors import Search
from generation.services import reviews


class ReturnForm(forms.Form):
    """Why a headshot goes back, in a word for the statistics and a sentence for the person."""

    reason = forms.ChoiceField(
        label=_("What is it about?"),
        choices=ReturnReason.choices,
        # The dialog opens with the arrow keys on the reasons, not on its close button.
        widget=forms.RadioSelect(attrs={"autofocus": True}),
        error_messages={"required": _("Choose what it is about.")},
    )
    note = forms.CharField(
        label=_("What should they do?"),
        help_text=_("They read exactly this sentence."),
        min_length=reviews.NOTE_MIN,
        max_length=reviews.NOTE_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write a sentence, so that they know what to do.")},
    )


class SearchForm(forms.Form):
    """The library's search: what makes no sense is left out instead of refused."""

    q = forms.CharField(required=False, max_length=100)
    department = forms.UUIDField(required=False)
    location = forms.CharField(required=False, max_length=120)
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def search(self) -> Search:
        """The search that was asked for."""
        self.is_valid()
        data: dict[str, Any] = self.cleaned_data
        since = data.get("since")
        return Search(
            q=data.get("q") or "",
            department=data.get("department"),
            location=data.get("location") or "",
            since=since if isinstance(since, dt.date) else None,
        )
