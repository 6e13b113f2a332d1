"""An export in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from branding.presets import PRESETS
from portal.exports.packing import PICTURES_END
from portal.models import Export, ExportChoice, ExportStatus

_STAGES: Final = {
    "": _("Getting ready"),
    "pictures": _("Cutting the pictures to size"),
    "sheet": _("Laying out the contact sheet"),
    "packing": _("Packing the archive"),
    "storing": _("Putting it away safely"),
    "done": _("Ready"),
}
_LEFT_OUT: Final = {
    "withdrawn": _("has withdrawn"),
    "superseded": _("has a newer headshot"),
    "returned": _("is no longer approved"),
    "chosen": _("is in review again"),
    "archived": _("is no longer on the roster"),
    "file_lost": _("picture is missing on our side; make it again"),
    "too_many_bytes": _("does not fit the size limit"),
}


@dataclass(frozen=True, slots=True)
class Described:
    """An export as the pages show it. `done` of `total` people's pictures are ready."""

    export: Export
    people: int
    who: str
    sizes: list[str]
    stage: str
    percent: int
    done: int
    total: int

    @property
    def working(self) -> bool:
        """Whether it is on its way."""
        return self.export.status in (ExportStatus.QUEUED, ExportStatus.RUNNING)


def describe(export: Export) -> Described:
    """Everything about an export in words."""
    total = len(export.headshots)
    share = min(max(export.progress, 0.0), 1.0)
    return Described(
        export=export,
        people=total - len(export.skipped),
        who=_who(export, total),
        sizes=[str(PRESETS[key].label) for key in export.presets if key in PRESETS],
        stage=gettext(_STAGES.get(export.stage, "Getting ready")),
        percent=round(100 * share),
        done=min(total, round(total * share / PICTURES_END)),
        total=total,
    )


def _who(export: Export, total: int) -> str:
    if export.choice == ExportChoice.DEPARTMENT and export.choice_name:
        return export.choice_name
    if export.choice == ExportChoice.SELECTION:
        return ngettext("{n} selected person", "{n} selected people", total).format(n=total)
    return str(ExportChoice(export.choice).label)


def left_out(row: Mapping[str, str]) -> tuple[str, str]:
    """(name, why) of somebody who is not in the archive."""
    name = row.get("name") or gettext("Somebody")
    return name, gettext(_LEFT_OUT.get(row.get("code", ""), "could not be packed"))
