"""What the `headshots` command leaves behind: report.json and a self-contained team.html."""

import base64
import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from generation.imaging.finishing.encode import jpeg, resize
from generation.imaging.types import Candidate, Reason

REPORT_VERSION: Final = "1"
_WALL_WIDTH: Final = 360


@dataclass(slots=True)
class PersonResult:
    """Everything about one person: JSON-able rows, and the wall's thumbnail of the best candidate."""

    person: str
    status: str
    reasons: list[dict[str, Any]] = field(default_factory=list)
    photos: list[dict[str, Any]] = field(default_factory=list)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    thumbnail: bytes = b""

    def row(self) -> dict[str, Any]:
        """The person's entry in report.json."""
        return {"person": self.person, "status": self.status, "reasons": self.reasons, "photos": self.photos,
                "candidates": self.candidates}  # fmt: skip


def reason_row(found: Reason) -> dict[str, Any]:
    """A reason as JSON."""
    return {"code": found.code, "message": found.message}


def candidate_row(candidate: Candidate, file: str) -> dict[str, Any]:
    """A candidate as JSON; `file` is relative to the report."""
    return {
        "file": file,
        "rank": candidate.rank,
        "source": candidate.source,
        "likeness": round(candidate.likeness, 4),
        "gates": {
            name: {"value": round(gate.value, 4), "bound": round(gate.bound, 4), "passed": gate.passed}
            for name, gate in candidate.gates.items()
        },
        "scores": {name: round(value, 4) for name, value in candidate.scores.items()},
        "light": {name: round(value, 3) for name, value in asdict(candidate.light).items()},
        "framing": {
            "eye_line": round(candidate.eye_line, 5),
            "head_height": round(candidate.head_height, 5),
            "roll_deg": round(candidate.roll_deg, 3),
        },
        "measures": candidate.measures,
        "variation": candidate.variation,
        "seconds": round(candidate.seconds, 3),
    }


def thumbnail(candidate: Candidate) -> bytes:
    """JPEG for the wall."""
    height, width = candidate.image.shape[:2]
    return jpeg(resize(candidate.image, (_WALL_WIDTH, round(_WALL_WIDTH * height / width))), 88)


_STYLE: Final = """
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2027;--dim:#5c6672;--line:#dfe3e8;
--good:#1f7a4d;--bad:#b3382c}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2126;--ink:#e9ecf0;--dim:#9aa4b0;
--line:#2e343c;--good:#62c697;--bad:#ef8377}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1280px;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.6rem;margin:0 0 .25rem}
p{margin:.25rem 0;color:var(--dim)}
.meter{display:flex;gap:1.25rem;align-items:center;margin:1.5rem 0;padding:1rem 1.25rem;
background:var(--card);border:1px solid var(--line);border-radius:12px}
.score{font-size:2.6rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1}
meter{width:100%;height:14px}
.grow{flex:1}
.wall{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:1rem;list-style:none;
margin:0;padding:0}
.wall li{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden}
.wall img{display:block;width:100%;height:auto}
.wall div{padding:.6rem .75rem .75rem}
.wall strong{display:block;font-size:.95rem;overflow-wrap:anywhere}
.wall span{font-size:.82rem;color:var(--dim);display:block}
.wall .out{color:var(--bad)}
h2{font-size:1.15rem;margin:2.5rem 0 .75rem}
table{border-collapse:collapse;width:100%;background:var(--card);font-size:.9rem}
th,td{text-align:left;padding:.45rem .75rem;border:1px solid var(--line)}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.table{overflow-x:auto}
"""


def team_page(style: str, people: Sequence[PersonResult], consistency: dict[str, Any]) -> str:
    """The wall with the consistency meter as one HTML file that needs nothing else."""
    outliers = {row["name"]: row["causes"] for row in consistency.get("outliers", ())}
    done = [person for person in people if person.status == "ok"]
    failed = [person for person in people if person.status != "ok"]
    cards = "".join(_card(person, outliers.get(person.person, [])) for person in done)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Team headshots</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Team headshots</h1><p>Style {html.escape(style)} · {len(done)} of {len(people)} people</p>"
        f"{_meter(consistency)}<ul class=wall>{cards}</ul>{_failed(failed)}{_spread(consistency)}"
        "</main></body></html>\n"
    )


def _meter(consistency: dict[str, Any]) -> str:
    score = consistency.get("score")
    if score is None:
        return ""
    named = len(consistency["outliers"])
    words = "Nobody stands out." if not named else f"{named} stand out; see below their pictures."
    return (
        f"<div class=meter><div class=score>{score:.0f}</div><div class=grow><label>Consistency of 100"
        f'<meter min=0 max=100 low=60 high=80 optimum=100 value="{score}">{score}</meter></label>'
        f"<p>{words}</p></div></div>"
    )


def _card(person: PersonResult, causes: list[str]) -> str:
    name = html.escape(person.person)
    picture = base64.b64encode(person.thumbnail).decode()
    best = person.candidates[0]
    words = f"<span class=out>{html.escape('; '.join(causes))}</span>" if causes else ""
    return (
        f'<li><img alt="Headshot of {name}" src="data:image/jpeg;base64,{picture}"><div>'
        f"<strong>{name}</strong>"
        f"<span>Likeness {best['likeness']:.2f} · {len(person.candidates)} to choose from</span>"
        f"{words}</div></li>"
    )


def _failed(people: Sequence[PersonResult]) -> str:
    if not people:
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(person.person)}</td><td>"
        f"{html.escape(' '.join(reason['message'] for reason in person.reasons))}</td></tr>"
        for person in people
    )
    return f"<h2>No headshot yet</h2><div class=table><table><tr><th>Person<th>Why{rows}</table></div>"


def _spread(consistency: dict[str, Any]) -> str:
    if not consistency.get("spread"):
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(name.replace('_', ' '))}<td class=n>{row['center']:.3f}"
        f"<td class=n>{row['deviation']:.3f}<td class=n>{row['tolerance']:.3f}</tr>"
        for name, row in consistency["spread"].items()
    )
    return (
        "<h2>Spread</h2><div class=table><table><tr><th>Measure<th>Centre<th>Deviation<th>Tolerance"
        f"{rows}</table></div>"
    )
