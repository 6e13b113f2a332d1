"""team.html: the wall and the consistency meter as one file that needs nothing else, fit to be mailed.

About 110 kB for each person (more for curls than for a bald head): some 5.5 MB for fifty.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from branding.look import Look
from generation.imaging.consistency import MEASURES, NAMED, phrase
from generation.imaging.report import PersonResult

_STYLE: Final = Path(__file__).with_name("teampage.css")
# Score from which a team looks like one, and below which it does not.
_GOOD, _FAIR = 90.0, 75.0
# Share of the people who may stand out in a team that looks like one.
_FEW: Final = 0.125
# Below this share of its tolerance nobody could see a deviation.
_UNSEEN: Final = 0.1
# Of a tolerance: up to here a spread is not seen.
_STEADY: Final = 0.5
# Of each measure: its name, what it is, and its spread in words ({value} in the words' unit).
_PARTS: Final[dict[str, tuple[str, str, str]]] = {
    "backdrop": ("Backdrop", "the colour behind people", "{value:.1f} apart"),
    "azimuth_deg": ("Key light, direction", "the side the main lamp stands on", "{value:.0f}° apart"),
    "key_fill": ("Key to fill", "how much brighter the lit side of the face is", "{value:.0f} % apart"),
    "temperature": ("Colour temperature", "how warm or cool the light is", "{value:.0f} K apart"),
    "exposure": ("Skin against own tone", "lighter or darker than the person is", "{value:.1f} % apart"),
    "eye_line": ("Eye line", "how high the eyes stand", "{value:.2f} % of the height apart"),
    "head_height": ("Head height", "how large heads are", "{value:.2f} % of the height apart"),
    "roll_deg": ("Level eyes", "how upright heads are held", "{value:.1f}° apart"),
    "contrast": ("Face contrast", "how far light and shadow on a face differ", "{value:.1f} % apart"),
}
_VERDICTS: Final = {"accept": ("good", "Good"), "warn": ("fair", "Usable"), "reject": ("bad", "Not used")}
_SOURCES: Final = {
    "retouched": "Each person's own photo: cut out, relit and set before a rendered backdrop. No pixel of a "
    "face is invented.",
    "generated": "Drawn by a model from each person's photos, and shown only where it looks like them.",
}
# Sorting moves what is there; without it everybody stands by name.
_SCRIPT: Final = """
const wall=document.getElementById('wall'),sort=document.querySelector('.sort');
if(wall&&sort){sort.hidden=false;const by=k=>(a,b)=>a.dataset[k]-b.dataset[k];
sort.addEventListener('click',e=>{const b=e.target.closest('button');if(!b)return;
for(const one of sort.children)one.setAttribute('aria-pressed',one===b);
wall.append(...[...wall.children].sort(by(b.dataset.by)));});}
"""


@dataclass(frozen=True, slots=True)
class Made:
    """How the pictures were made. `size` is (width, height), `day` an ISO date."""

    style: str
    look: Look
    version: str
    seed: int
    count: int
    size: tuple[int, int]
    day: str


def page(made: Made, people: Sequence[PersonResult], team: Mapping[str, Any]) -> str:
    """The whole file. `team` is what `consistency.measure` returned for those who got a headshot."""
    named = sorted(people, key=lambda person: person.person.casefold())
    done = [person for person in named if person.status == "ok"]
    failed = [person for person in named if person.status != "ok"]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Team headshots, {escape(made.style)}</title><style>{_STYLE.read_text()}</style></head>"
        "<body><main><header><h1>Team headshots</h1>"
        f'<p class="dim">{_count(len(done), len(people))} · style {escape(made.style)} · '
        f'<span class="nowrap">{escape(made.day)}</span>'
        f"</p></header>{_meter(team)}{_wall(done, team)}{_refused(failed)}{_how(made, done)}"
        f"</main><script>{_SCRIPT}</script></body></html>\n"
    )


def _count(done: int, all_: int) -> str:
    return f"{done} of {all_} people" if done != all_ else f"{all_} {'person' if all_ == 1 else 'people'}"


def _meter(team: Mapping[str, Any]) -> str:
    score = team.get("score")
    if score is None:
        return ""
    far = len(team["outliers"])
    tone, words = _verdict(score, far, len(team["people"]))
    who = "Nobody stands out." if not far else f"{far} {'person stands' if far == 1 else 'people stand'} out."
    rows = "".join(_part(name, team["spread"][name]) for name in MEASURES if name in team["spread"])
    return (
        '<section class="panel meter" aria-label="Consistency"><div class="score">'
        '<p class="dim">Consistency</p>'
        f'<b class="num">{score:.0f}<span>of 100</span></b>{_track(score / 100, tone)}'
        f'<p class="{tone}">{words}</p><p class="dim small">{who}</p></div>'
        '<div class="parts"><table><caption>How far people usually lie from each other, and how '
        'much of what one may allow that is</caption><thead><tr><th scope="col">Measure<th scope="col">Spread'
        '<th scope="col" class="wide">Of what may be<th scope="col">Verdict</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _verdict(score: float, far: int, people: int) -> tuple[str, str]:
    """Tone and words for a team's score and the number of those who stand out."""
    if score >= _GOOD and far <= _FEW * people:
        return "good", "They look photographed in one room."
    return ("fair", "Nearly one room: a few differ.") if score >= _FAIR else ("bad", "Not one room yet.")


def _part(name: str, row: Mapping[str, float]) -> str:
    title, what, words = _PARTS[name]
    share = row["tolerances"]
    tone, verdict = (
        ("good", "Steady") if share <= _STEADY else ("good", "Within") if share <= 1 else ("bad", "Beyond")
    )
    spread = words.format(value=MEASURES[name].told(row["deviation"]))
    return (
        f'<tr><th scope="row">{title}<span class="small dim">{what}</span><td class="num">{spread}'
        f'<td class="wide">{_track(share / 2, tone)}<span class="small dim num">{100 * share:.0f} %</span>'
        f'<td class="{tone}">{verdict}</tr>'
    )


def _track(share: float, tone: str) -> str:
    width = max(2.0, min(100.0, 100 * share))
    return f'<div class="track bar-{tone}" aria-hidden="true"><i style="width:{width:.0f}%"></i></div>'


def _wall(done: Sequence[PersonResult], team: Mapping[str, Any]) -> str:
    if not done:
        return ""
    rows = {row["name"]: row for row in team["people"]}
    farthest = sorted(rows.values(), key=lambda row: (row["score"], row["name"]))
    places = {row["name"]: place for place, row in enumerate(farthest)}
    cards = "".join(
        _card(person, rows[person.person], at, places[person.person]) for at, person in enumerate(done)
    )
    return (
        '<section><div class="head"><div><h2>Everybody</h2><p class="dim small">'
        "The number beside a name says how close that picture is to the style and to the team, "
        "of 100.</p></div>"
        '<div class="sort" role="group" aria-label="Sort" hidden>'
        '<button type="button" data-by="name" aria-pressed="true">By name</button>'
        '<button type="button" data-by="far" aria-pressed="false">Farthest off first</button></div></div>'
        f'<ul class="wall" id="wall">{cards}</ul></section>'
    )


def _card(person: PersonResult, row: Mapping[str, Any], by_name: int, by_distance: int) -> str:
    name, score = escape(person.person), float(row["score"])
    far = [phrase(measure, value) for measure, value in _farthest(row["deviations"], NAMED)]
    # Nothing to name, nothing to warn of: the colour says the same as the words.
    tone = "good" if not far else "fair" if score >= _FAIR else "bad"
    said = "".join(f'<li class="fair">{escape(_sentence(one))}</li>' for one in far)
    said = said or '<li class="dim">Fits the team</li>'
    return (
        f'<li data-name="{by_name}" data-far="{by_distance}">'
        f"{_image(person.thumbs.wall, f'Headshot of {person.person}')}"
        f'<div class="who"><div><h3>{name}</h3><span class="small num {tone}">{score:.0f}</span></div>'
        f'<ul>{said}</ul></div><details><summary>Details<span class="sr"> of {name}</span></summary>'
        f'<div class="made">{_before(person)}<div>{_choices(person)}</div></div>'
        f'<div class="more"><div>{_deviations(row["deviations"])}</div><div>{_photos(person)}</div></div>'
        "</details></li>"
    )


def _farthest(deviations: Mapping[str, float], least: float) -> list[tuple[str, float]]:
    far = [(abs(value) / MEASURES[name].tolerance, name, value) for name, value in deviations.items()]
    return [(name, value) for share, name, value in sorted(far, reverse=True) if share >= least]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _image(data: bytes, alt: str) -> str:
    return (
        f'<img alt="{escape(alt)}" loading="lazy" '
        f'src="data:image/jpeg;base64,{base64.b64encode(data).decode()}">'
    )


def _before(person: PersonResult) -> str:
    """The photo in the result's crop; stands beside it once the card is opened."""
    if not person.thumbs.before:
        return ""
    image = _image(person.thumbs.before, f"Photo of {person.person}, in the same crop")
    return f'<figure class="before">{image}<figcaption>The photo, in the same crop</figcaption></figure>'


def _choices(person: PersonResult) -> str:
    shown, rows = person.thumbs.choices, person.candidates
    if len(rows) < 2:
        return _notes(person)
    several = len({row["variation"].get("photo") for row in rows}) > 1
    items = "".join(
        f"<li>{_image(data, f'Choice {at} of {person.person}')}"
        f"<p>{at} · {escape(_differs(row, several))}<br>{_numbers(row)}</p></li>"
        for at, (data, row) in enumerate(zip(shown, rows, strict=False), 1)
    )
    more = len(rows) - len(shown)
    rest = f'<p class="small dim">and {more} more in the folder</p>' if more > 0 else ""
    return f'<h4>{len(rows)} to choose from</h4><ul class="choices">{items}</ul>{rest}{_notes(person)}'


def _numbers(row: Mapping[str, Any]) -> str:
    """Likeness, and of drawn pictures how much of the person's marks is found again."""
    told = f"Likeness {100 * row['likeness']:.0f}"
    measures = row.get("measures", {})
    if "marks_detail" not in measures:
        return told
    detail, traits = (100 * measures[name] for name in ("marks_detail", "marks_traits"))
    return f"{told}<br>Marks found again: skin {detail:.0f}, traits {traits:.0f}"


def _notes(person: PersonResult) -> str:
    return "".join(f'<p class="note">{escape(note["message"])}</p>' for note in person.notes)


def _differs(row: Mapping[str, Any], several: bool) -> str:
    """What sets a choice apart: its photo where there are several, then crop and light against the style."""
    told = row["variation"]
    parts = [str(told["photo"])] if several and told.get("photo") else []
    for name, more, less in (("crop", "tighter", "wider"), ("shift", "to the right", "to the left"),
                             ("key_fill", "stronger light", "softer light")):  # fmt: skip
        if told.get(name):
            parts.append(more if told[name] > 0 else less)
    return ", ".join(parts) or "the style itself"


def _deviations(deviations: Mapping[str, float]) -> str:
    rows, far = [], _farthest(deviations, _UNSEEN)
    for name, value in far:
        share = abs(value) / MEASURES[name].tolerance
        tone = "bad" if share >= NAMED else "fair" if share > 1 else "good"
        word = "more than one may" if share > 1 else "within"
        rows.append(
            f"<li><span>{escape(_sentence(phrase(name, value)))}</span>"
            f'<span class="small {tone}">{word}</span></li>'
        )
    if len(far) < len(deviations):
        rest = "Everything else" if far else "Everything"
        rows.append(f'<li><span>{rest} is spot on</span><span class="small good">within</span></li>')
    return f'<h4>Against the team</h4><ul class="rows">{"".join(rows)}</ul>'


def _photos(person: PersonResult) -> str:
    """What the photo check found, per photo."""
    if not person.photos:
        return ""
    items = []
    for photo in person.photos:
        tone, word = _VERDICTS[photo["verdict"]]
        said = " ".join(one["message"] for one in photo["reasons"]) or "Nothing to complain about."
        items.append(
            f'<li><span class="{tone}">{word}</span> · {escape(str(photo["file"]))}'
            f'<p class="small dim">{escape(said)}</p></li>'
        )
    return f'<h4>Photo check</h4><ul class="rows photos">{"".join(items)}</ul>'


def _refused(people: Sequence[PersonResult]) -> str:
    """Who got no headshot, why, and what to do."""
    if not people:
        return ""
    cards = []
    for person in people:
        said = "".join(f"<p>{escape(one['message'])}</p>" for one in person.reasons)
        cards.append(f'<li class="panel"><h3>{escape(person.person)}</h3>{said}{_photos(person)}</li>')
    return (
        '<section><h2>No headshot yet</h2><p class="dim">Each needs another photo; everybody else is '
        f'done.</p><ul class="refused">{"".join(cards)}</ul></section>'
    )


def _how(made: Made, done: Sequence[PersonResult]) -> str:
    rig, framing = made.look.light, made.look.framing
    sources = {row["source"] for person in done for row in person.candidates}
    rows = [
        ("Engine", f"{made.look.engine}, version {made.version}"),
        ("Style", f"{made.style}: key {rig.key_azimuth_deg:z.0f}° from the side and "
                  f"{rig.key_elevation_deg:.0f}° up, key to fill {rig.key_fill_ratio:.1f}, "
                  f"{rig.temperature_k:.0f} K; eye line {100 * framing.eye_line:.0f} %, eyes to chin "
                  f"{100 * framing.head_height:.0f} % of the height"),
        ("Pictures", f"up to {made.count} of each person, {made.size[0]} × {made.size[1]} pixels, "
                     f"seed {made.seed}: the same photos give the same files"),
        ("Made on", made.day),
        ("Likeness", _likeness(done)),
        *(("Where faces come from", _SOURCES[source]) for source in sorted(sources)),
    ]  # fmt: skip
    told = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(words)}</dd></div>" for term, words in rows)
    return f'<section><h2>How this was made</h2><dl class="panel">{told}</dl></section>'


def _likeness(done: Sequence[PersonResult]) -> str:
    """The gate that every shown picture has passed."""
    gates = [row["gates"]["likeness"] for person in done for row in person.candidates
             if "likeness" in row["gates"]]  # fmt: skip
    if not gates:
        return "no picture was shown"
    low, high = (100 * pick(gate["bound"] for gate in gates) for pick in (min, max))
    bound = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"
    least = 100 * min(gate["value"] for gate in gates)
    return (
        f"compared with each person's own photos; {bound} of 100 is needed to be shown, the least here "
        f"is {least:.0f}"
    )
