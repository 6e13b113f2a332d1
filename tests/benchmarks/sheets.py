"""Contact sheets and the HTML report of an evaluation."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.benchmarks.bars import Bar
from tests.benchmarks.people_eval import Person

_INK, _PAPER, _DIM = (28, 32, 38), (246, 247, 249), (96, 104, 114)
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1200px;padding:0 1rem;color:#1c2026}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #d8dde3;padding:.35rem .6rem;"
    "text-align:left;vertical-align:top}.pass{color:#1d6b43}.fail{color:#a32d22;font-weight:600}"
    "img{max-width:100%;height:auto;border:1px solid #d8dde3}small{color:#606872}"
)


def wall(people: Sequence[Person], out: Path, columns: int = 10, size: tuple[int, int] = (205, 256)) -> None:
    """Everybody's first picture side by side; the refused have a caption that says why."""
    cells = [(_thumbnail(one.picture, size), _caption(one)) for one in people]
    _grid(cells, columns, size).save(out, quality=92)


def worst_people(ranked: Sequence[tuple[Person, str]], out: Path) -> None:
    """Photo and picture of each, with what is wrong under it."""
    size = (2 * 328 + 6, 410)
    cells = []
    for person, why in ranked:
        pair = Image.new("RGB", size, _PAPER)
        pair.paste(_thumbnail(person.before, (328, 410)), (0, 0))
        pair.paste(_thumbnail(person.picture, (328, 410)), (334, 0))
        cells.append((pair, f"{person.name}: {why}"))
    _grid(cells, 3, size).save(out, quality=92)


def worst_mattes(rows: Sequence[dict[str, Any]], out: Path, count: int = 6) -> None:
    """Composite, alpha, truth and their difference (x4) of the worst mattes."""
    size = (4 * 256 + 18, 256)
    cells = []
    for row in sorted(rows, key=lambda one: -one["band"])[:count]:
        strip = Image.new("RGB", size, _PAPER)
        error = np.clip(np.abs(row["alpha"] - row["truth"]) * 4, 0, 1)
        grey = [np.repeat((layer * 255).astype(np.uint8)[..., None], 3, 2)
                for layer in (row["alpha"], row["truth"], error)]  # fmt: skip
        for at, layer in enumerate([row["pixels"], *grey]):
            strip.paste(_thumbnail(layer, (256, 256)), (at * 262, 0))
        cells.append((strip, f"{row['name']}: error {row['all']:.4f}, in the band {row['band']:.3f}"))
    _grid(cells, 2, size).save(out, quality=92)


def _caption(person: Person) -> str:
    return person.name if person.status == "ok" else f"{person.name}: {person.status}"


def _thumbnail(pixels: Any, size: tuple[int, int]) -> Image.Image:
    """The picture inside a box of that size, on paper."""
    box = Image.new("RGB", size, (225, 229, 234))
    if pixels is not None:
        picture = Image.fromarray(np.ascontiguousarray(pixels))
        picture.thumbnail(size, Image.Resampling.LANCZOS)
        box.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return box


def _grid(cells: Sequence[tuple[Image.Image, str]], columns: int, size: tuple[int, int]) -> Image.Image:
    font, gap, line = ImageFont.load_default(12), 10, 15
    letters = max(12, size[0] // 6)
    wrapped = [[text[at : at + letters] for at in range(0, len(text), letters)][:3] for _, text in cells]
    below = 6 + line * max((len(lines) for lines in wrapped), default=1)
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (gap + columns * (size[0] + gap), gap + rows * (size[1] + below + gap)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for index, (cell, _) in enumerate(cells):
        x, y = gap + index % columns * (size[0] + gap), gap + index // columns * (size[1] + below + gap)
        sheet.paste(cell, (x, y))
        for number, text in enumerate(wrapped[index]):
            draw.text(
                (x, y + size[1] + 4 + number * line), text, fill=_INK if number == 0 else _DIM, font=font
            )
    return sheet


def report(head: Sequence[str], bars: Sequence[Bar], notes: Sequence[str], sheets: Sequence[str]) -> str:
    """The evaluation as one HTML page beside its sheets."""
    rows = "".join(_row(bar) for bar in bars)
    figures = "".join(
        f"<h2>{html.escape(name)}</h2><a href='{name}'><img src='{name}' alt=''></a>" for name in sheets
    )
    noted = "".join(f"<li>{html.escape(note)}" for note in notes)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Imaging evaluation</title>"
        f"<style>{_STYLE}</style>"
        f"<h1>Imaging evaluation</h1>{''.join(f'<p>{html.escape(line)}</p>' for line in head)}"
        "<table><tr><th>Bar<th>Asked for<th>All<th>Tune part<th>Report-only part<th>Worst</tr>"
        f"{rows}</table><h2>Notes</h2><ul>{noted}</ul>{figures}</html>\n"
    )


def _row(bar: Bar) -> str:
    def cell(outcome: Any) -> str:
        if outcome is None:
            return "<td>"
        word = "pass" if outcome.passed else "fail"
        return f"<td class={word}>{word}<br><small>{html.escape(outcome.text)}</small>"

    return (
        f"<tr><td>{html.escape(bar.name)}<td>{html.escape(bar.bound)}{cell(bar.all)}{cell(bar.tune)}"
        f"{cell(bar.report)}<td><small>{html.escape('; '.join(bar.all.worst))}</small></tr>"
    )
