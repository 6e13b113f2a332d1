"""Long e-mail addresses in narrow places."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Behind "@", and before what joins words: there a reader expects the line to end.
_BREAKS = re.compile(r"(?<=@)|(?=[.+_-])")


@register.filter
def breakable(address: str) -> SafeString:
    """The address with places at which it may wrap, so that no word of it is torn apart."""
    parts = [conditional_escape(part) for part in _BREAKS.split(str(address))]
    return mark_safe("<wbr>".join(parts))  # noqa: S308 - every part is escaped
