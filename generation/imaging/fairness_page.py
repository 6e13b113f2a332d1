"""The fairness report as one self-contained page, which prints as well as it reads: no script, no picture of
a person, nothing fetched."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generation.imaging.fairness_groups import (
    LEAST_PEOPLE,
    Cell,
    Findings,
    Gap,
    Group,
    Metric,
    Missed,
)

_FONT: Final = Path(__file__).resolve().parents[2] / "static" / "fonts" / "inter-latin-wght-normal.woff2"
_TITLES: Final = {
    "tone": "Skin tone",
    "age_band": "Age band",
    "gender_presentation": "Gender presentation",
}
_TONES: Final = {
    "very_light": "very light",
    "light": "light",
    "intermediate": "intermediate",
    "tan": "tan",
    "brown": "brown",
    "dark": "dark",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What was tested."""

    engine: str
    version: str
    style: str
    day: str
    people: int
    photos: int
    pictures: int
    # How many people's tones were labelled and how many measured.
    labelled: int
    measured: int
    # "one of count pictures at width x height"
    settings: str


def page(heading: Heading, findings: Findings) -> str:
    """HTML for a browser, for WeasyPrint and for a mail."""
    attributes = list(dict.fromkeys(group.attribute for group in findings.groups))
    body = [
        _head(heading),
        _verdict(findings),
        _overall(findings),
        *(_attribute(name, findings) for name in attributes),
        _method(heading, findings),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Fairness of {_e(heading.engine)}</title><style>{_font()}{_STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )


# --- parts ---------------------------------------------------------------------------------------


def _head(heading: Heading) -> str:
    facts = [
        ("Engine", f"{heading.engine}, version {heading.version}"),
        ("Style", heading.style),
        ("Test set", f"{heading.people} people, {heading.photos} photos"),
        ("Made", f"{heading.pictures} pictures, {heading.settings}"),
        ("Day", heading.day),
    ]
    rows = "".join(f"<div><dt>{_e(name)}</dt><dd>{_e(value)}</dd></div>" for name, value in facts)
    return f'<header><div class="rule"></div><h1>Fairness report</h1><dl>{rows}</dl></header>'


def _verdict(findings: Findings) -> str:
    """The gaps in words, first thing to read."""
    titles = {metric.key: metric for metric in findings.metrics}
    clear = [gap for gap in findings.gaps if gap.clear and gap.worse]
    maybe = [gap for gap in findings.gaps if not gap.clear and gap.worse]
    better = [gap for gap in findings.gaps if gap.clear and not gap.worse]
    parts = []
    if clear:
        parts.append(
            _list(
                "bad",
                "Clear gaps: who fares worse than everybody else",
                [_gap_words(gap, titles[gap.metric]) for gap in clear],
            )
        )
    if findings.missed:
        words = [_missed_words(one, titles[one.metric]) for one in findings.missed]
        parts.append(_list("bad", "Bars of the product that a group misses", words))
    if maybe:
        note = "Worth a look: could be chance, among so many comparisons"
        parts.append(_list("warn", note, [_gap_words(gap, titles[gap.metric]) for gap in maybe]))
    if not parts:
        parts.append(_nothing(findings))
    if better:
        words = [_gap_words(gap, titles[gap.metric]) for gap in better]
        parts.append(_list("plain", "Who clearly fares better", words))
    if findings.small:
        some = ", ".join(f"{_label(a, label)} ({count})" for a, label, count in findings.small)
        parts.append(
            f'<p class="small">Too few people to judge (under {LEAST_PEOPLE}): {_e(some)}. '
            "Their numbers are shown in grey and enter no comparison.</p>"
        )
    return f"<section><h2>What stands out</h2>{''.join(parts)}</section>"


def _nothing(findings: Findings) -> str:
    if not findings.comparisons:
        words = (
            "Nothing could be compared: no attribute has two groups of at least "
            f"{LEAST_PEOPLE} people. That is no sign of fairness."
        )
        return f'<div class="note warn"><p>{words}</p></div>'
    words = (
        f"No gap was found in {findings.comparisons} comparisons. With groups of this size only large "
        "ones would have been: read the intervals."
    )
    return f'<div class="note good"><p>{words}</p></div>'


def _list(tone: str, title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<div class="note {tone}"><h3>{_e(title)}</h3><ul>{items}</ul></div>'


def _gap_words(gap: Gap, metric: Metric) -> str:
    return (
        f"<strong>{_e(metric.title)}</strong>, {_e(_label(gap.attribute, gap.label))}: "
        f"{_value(metric, gap.value)}, everybody else {_value(metric, gap.others)} (p = {_p(gap.p)})"
    )


def _missed_words(one: Missed, metric: Metric) -> str:
    return (
        f"<strong>{_e(metric.title)}</strong>, {_e(_label(one.attribute, one.label))}: "
        f"{_value(metric, one.value)}, the bar is {_value(metric, one.bar)}"
    )


def _overall(findings: Findings) -> str:
    boxes = "".join(
        f'<div class="box"><span>{_e(metric.title)}</span>'
        f"<strong>{_value(metric, cell.value)}</strong><em>{_interval(metric, cell)}</em></div>"
        for metric in findings.metrics
        for cell in [findings.everybody.cells[metric.key]]
    )
    return f'<section><h2>Everybody</h2><div class="boxes">{boxes}</div></section>'


def _attribute(name: str, findings: Findings) -> str:
    groups = [group for group in findings.groups if group.attribute == name]
    charts = "".join(_chart(metric, groups, findings) for metric in findings.metrics)
    title = _TITLES.get(name, name)
    return f'<section class="attribute"><h2>{_e(title)}</h2><div class="charts">{charts}</div></section>'


def _chart(metric: Metric, groups: Sequence[Group], findings: Findings) -> str:
    """A row for each group: the value with its interval on a common scale, and the counts."""
    low, high = _scale(metric, [group.cells[metric.key] for group in groups])
    marked = {
        (gap.attribute, gap.label): "better" if not gap.worse else "clear" if gap.clear else "maybe"
        for gap in reversed(findings.gaps)
        if gap.metric == metric.key and (gap.worse or gap.clear)
    }
    rows = "".join(
        _row(metric, group, low, high, marked.get((group.attribute, group.label), "")) for group in groups
    )
    what = {"rate": f"share {metric.unit}", "median": f"median over people, {metric.unit}",
            "mean": f"mean over people, {metric.unit}"}[metric.kind]  # fmt: skip
    return (
        f"<figure><figcaption><strong>{_e(metric.title)}</strong><span>{_e(what)}</span></figcaption>"
        f"<table><tbody>{rows}</tbody></table></figure>"
    )


def _row(metric: Metric, group: Group, low: float, high: float, mark: str) -> str:
    cell = group.cells[metric.key]
    dim = "" if group.judged else ' class="dim"'
    told = {
        "clear": '<b class="flag">gap</b>',
        "maybe": '<b class="flag soft">look</b>',
        "better": '<b class="flag calm">better</b>',
    }.get(mark, "")
    return (
        f"<tr{dim}><th>{_e(_label(group.attribute, group.label, short=True))}</th>"
        f'<td class="plot">{_plot(metric, cell, low, high, group.judged)}</td>'
        f'<td class="value">{_value(metric, cell.value)}</td>'
        f'<td class="count">{_counts(metric, cell)}</td><td class="mark">{told}</td></tr>'
    )


_PLOT_W, _PLOT_H = 200.0, 16.0


def _plot(metric: Metric, cell: Cell, low: float, high: float, judged: bool) -> str:
    """Interval, value, and the bar where there is one, as a small drawing."""
    dot, shade = ("#3355cc", "#adbbeb") if judged else ("#b9b9b6", "#e0e0de")

    def x(value: float) -> float:
        return round(3 + (_PLOT_W - 6) * (min(max(value, low), high) - low) / (high - low), 2)

    middle = _PLOT_H / 2
    # Attributes for WeasyPrint, which knows no stylesheet inside a drawing; classes for the browser.
    parts = [f'<line class="base" stroke="#dededc" x1="0" x2="{_PLOT_W}" y1="{middle}" y2="{middle}"/>']
    bars = [metric.bar, -metric.bar] if metric.bar is not None and metric.worse == "far" else [metric.bar]
    parts += [
        f'<line class="bar" stroke="#a3261c" stroke-dasharray="2 2" x1="{x(bar)}" x2="{x(bar)}" '
        f'y1="1" y2="{_PLOT_H - 1}"/>'
        for bar in bars
        if bar is not None and low <= bar <= high
    ]
    if cell.value is not None and cell.low is not None and cell.high is not None:
        parts.append(
            f'<line class="interval" stroke="{shade}" stroke-width="3" stroke-linecap="round" '
            f'x1="{x(cell.low)}" x2="{x(cell.high)}" y1="{middle}" y2="{middle}"/>'
            f'<circle fill="{dot}" cx="{x(cell.value)}" cy="{middle}" r="3.4"/>'
        )
    return (
        f'<svg viewBox="0 0 {_PLOT_W:g} {_PLOT_H:g}" width="{_PLOT_W:g}" height="{_PLOT_H:g}" '
        f'role="img" aria-label="{_e(_interval(metric, cell))}">{"".join(parts)}</svg>'
    )


def _scale(metric: Metric, cells: Sequence[Cell]) -> tuple[float, float]:
    if metric.kind == "rate":
        return 0.0, max(0.1, *(cell.high or 0.0 for cell in cells))
    values = [value for cell in cells for value in (cell.low, cell.high) if value is not None]
    values += [] if metric.bar is None else [metric.bar]
    if metric.worse == "far":
        edge = max(map(abs, values), default=1.0) * 1.05
        return -edge, edge
    if metric.worse == "less":
        return min(values, default=0.0) - 0.02, 1.0
    return 0.0, max(values, default=1.0) * 1.05


def _method(heading: Heading, findings: Findings) -> str:
    tone = []
    if heading.labelled:
        tone.append(f"{heading.labelled} people's tone is labelled in the test set")
    if heading.measured:
        tone.append(
            f"{heading.measured} people's tone is the individual typology angle of their white-balanced skin "
            "(Chardon 1991): how light the skin is in the photos, nothing else"
        )
    lines = [
        "Nothing about a person is inferred: age band and gender presentation are those of the test set.",
        "; ".join(tone) + "." if tone else "No tone is labelled or could be measured.",
        "Rates have Wilson's interval at 95 %; medians and means a bootstrap over people. Photos and "
        "pictures of one person are not independent: their intervals are a little too narrow.",
        f"Each group of at least {LEAST_PEOPLE} people is compared with everybody else who has a label of "
        f"the same attribute: {findings.comparisons} comparisons, by Fisher's exact test and the test of "
        "Mann and Whitney. “Clear” holds after Holm's correction at 5 % over all of them.",
        "Drift is measured by the product's own gates on the finished pictures, against the person's own "
        "white-balanced photo. Pictures that a gate refused are not in it: they are counted as refused.",
    ]
    items = "".join(f"<li>{_e(line)}</li>" for line in lines)
    return f'<section class="method"><h2>How to read this</h2><ul>{items}</ul></section>'


# --- words ---------------------------------------------------------------------------------------


def _label(attribute: str, label: str, *, short: bool = False) -> str:
    if not label:
        return "not labelled"
    words = _TONES.get(label, label) if attribute == "tone" else label
    return words if short else f"{_TITLES.get(attribute, attribute).lower()} {words}"


def _value(metric: Metric, value: float | None) -> str:
    if value is None:
        return "–"
    if metric.kind == "rate":
        return f"{100 * value:.1f} %"
    if metric.unit == "°":
        return f"{value:z.1f}°"
    return f"{value:+z.2f}" if metric.worse == "far" else f"{value:.3f}"


def _interval(metric: Metric, cell: Cell) -> str:
    if cell.value is None:
        return "nothing to count"
    return f"{_value(metric, cell.low)} to {_value(metric, cell.high)}"


def _counts(metric: Metric, cell: Cell) -> str:
    return f"{cell.count:.0f} of {cell.of}" if metric.kind == "rate" else f"n = {cell.of}"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "below 0.001"


def _e(text: str) -> str:
    return html.escape(text)


def _font() -> str:
    data = base64.b64encode(_FONT.read_bytes()).decode()
    return (
        "@font-face{font-family:Inter;font-weight:100 900;"
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
    )


_STYLE: Final = """
:root{color-scheme:light dark;--bg:#f6f6f5;--card:#fff;--ink:#191919;--dim:#5d5d5d;--line:#dededc;
--accent:#3355cc;--bad:#a3261c;--bad-bg:#fdecea;--warn:#7a5200;--warn-bg:#fdf3dd;--good:#1c6b41;
--good-bg:#e7f5ec;--faint:#b9b9b6}
@media screen and (prefers-color-scheme:dark){:root{--bg:#161616;--card:#1f1f1f;--ink:#ececea;
--dim:#a8a8a5;--line:#383836;--accent:#8aa4ff;--bad:#ff9d92;--bad-bg:#3a1d1a;--warn:#f0c572;
--warn-bg:#352a14;--good:#7ed4a4;--good-bg:#173024;--faint:#6a6a67}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:400 15px/1.5 Inter,system-ui,sans-serif;
font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:40px 20px 64px}
.rule{width:44px;height:4px;background:var(--accent);margin-bottom:20px}
h1{font-size:32px;font-weight:650;letter-spacing:-.02em;line-height:1.15;margin:0 0 16px}
h2{font-size:19px;font-weight:620;letter-spacing:-.01em;margin:36px 0 12px}
h3{font-size:14px;font-weight:620;margin:0 0 6px}
p{margin:6px 0}
dl{display:flex;flex-wrap:wrap;gap:8px 32px;margin:0}
dt{color:var(--dim);font-size:12px}
dd{margin:0;font-weight:550}
.note{padding:14px 16px;border-radius:10px;margin:10px 0}
.note ul{margin:0;padding-left:18px}
.bad{background:var(--bad-bg)}.bad h3{color:var(--bad)}
.warn{background:var(--warn-bg)}.warn h3{color:var(--warn)}
.good{background:var(--good-bg)}
.small{color:var(--dim);font-size:13px}
.boxes{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:10px}
.box{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.box span{display:block;color:var(--dim);font-size:12.5px;line-height:1.35;min-height:2.75em}
.box strong{display:block;font-size:22px;font-weight:620;letter-spacing:-.01em}
.box em{color:var(--dim);font-size:12px;font-style:normal}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:12px}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:14px 16px 10px;break-inside:avoid;overflow:hidden}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 12px;margin-bottom:6px}
figcaption span{color:var(--dim);font-size:12.5px}
table{width:100%;border-collapse:collapse;font-size:13px}
th{text-align:left;font-weight:450;padding:3px 8px 3px 0;white-space:nowrap}
td{padding:3px 0}
.plot{width:44%}
.plot svg{display:block;width:100%;height:16px}
.value{text-align:right;font-weight:600;padding-left:10px;white-space:nowrap}
.count{text-align:right;color:var(--dim);padding-left:10px;white-space:nowrap}
.mark{width:58px;padding-left:8px;text-align:right;white-space:nowrap}
.flag{background:var(--bad);color:var(--card);border-radius:4px;padding:1px 5px;font-size:11px;
font-weight:620}
.flag.soft{background:var(--warn)}.flag.calm{background:var(--line);color:var(--ink)}
.plain{background:var(--card);border:1px solid var(--line)}
.dim{color:var(--faint)}.dim .count{color:var(--faint)}
.dim circle{fill:var(--faint)}.dim .interval{stroke:var(--faint)}
.base{stroke:var(--line);stroke-width:1}
.interval{stroke:var(--accent);stroke-width:3;stroke-linecap:round;opacity:.45}
circle{fill:var(--accent)}
.bar{stroke:var(--bad);stroke-width:1;stroke-dasharray:2 2}
.method ul{margin:0;padding-left:18px;color:var(--dim);font-size:13px}
@page{size:A4;margin:16mm 14mm 18mm;
@bottom-right{content:counter(page) " / " counter(pages);font:400 8pt Inter,sans-serif;color:#6a6a6a}
@bottom-left{content:"Onelight fairness report";font:400 8pt Inter,sans-serif;color:#6a6a6a}}
@media print{body{background:none;font-size:9.5pt}main{max-width:none;padding:0}h1{font-size:22pt}
h2{font-size:13pt;break-after:avoid}.boxes{grid-template-columns:repeat(5,1fr)}
.box{break-inside:avoid;padding:8px 10px}
.charts{grid-template-columns:1fr 1fr}table{font-size:8pt}.box span{font-size:8pt}.box strong{font-size:14pt}
figcaption span,.box em,.small,.method ul{font-size:8pt}.plot{width:34%}.mark{width:44px}
.flag{font-size:7pt}
th,.value,.count{font-size:8pt}.note{font-size:9pt}}
"""
