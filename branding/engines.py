"""Which engines a style may ask for. What is installed and allowed is known further up, where it is said."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

from teams.models import Company

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise as Text
else:
    Text = Any

Offered = Callable[[Company], tuple[str, ...]]

STUDIO: Final = "studio"
# Those that follow the colour and light of a style's reference pictures.
FOLLOWS_REFERENCES: Final = frozenset({"wardrobe", "sdxl"})
WORDS: Final[dict[str, Text]] = {
    STUDIO: _("The person's own photo"),
    "wardrobe": _("Their own head, other clothes"),
    "sdxl": _("Drawn over their own photo"),
    "edit": _("Photographed anew from their photos"),
}
HELP: Final[dict[str, Text]] = {
    STUDIO: _("Relit before your backdrop; every pixel of the face is real."),
    "wardrobe": _("Face and hair stay as photographed; clothes and shoulders are generated."),
    "sdxl": _("Pose and features are followed, clothes and light are generated."),
    "edit": _("Everything is generated and compared with their photos before anybody sees it."),
}


def _only_the_studio(company: Company) -> tuple[str, ...]:
    return (STUDIO,)


_offered: Offered = _only_the_studio


def offer_by(offered: Offered) -> None:
    """Let the app above say which engines a company's styles may ask for."""
    global _offered
    _offered = offered


def offered(company: Company) -> tuple[str, ...]:
    """The engines that a company's styles may ask for, the studio first."""
    return _offered(company)
