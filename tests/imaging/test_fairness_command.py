"""`manage.py fairness`: a labelled test set in, a report out; nothing inferred, bad sets refused in words."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from generation.imaging import fairness, fairness_groups, fairness_page
from generation.imaging.samples import portrait_files

HEAD = "file,person,tone,age_band,gender_presentation\n"


def _set(folder: Path, rows: str = "", head: str = HEAD) -> Path:
    """Two public-domain portraits, a grey picture, and their labels."""
    for name, data in portrait_files().items():
        (folder / name).write_bytes(data)
    Image.new("RGB", (600, 700), "#777").save(folder / "grey.png")
    rows = rows or (
        "eileen-collins.png,Eileen,light,40-59,feminine\n"
        "grace-hopper.png,Grace,,60+,feminine\n"
        "grey.png,Nobody,,,\n"
    )
    path = folder / "labels.csv"
    path.write_text(head + rows)
    return path


def _run(source: Path, out: Path, **options: Any) -> str:
    said = io.StringIO()
    call_command("fairness", source, out=out, count=1, size=(410, 512), workers=1, stdout=said, **options)
    return said.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the small set."""
    folder = tmp_path_factory.mktemp("set")
    said = _run(_set(folder), folder / "out")
    assert "[3/3]" in said
    assert "too small to judge" in said
    return folder / "out"


def test_what_is_counted(made: Path) -> None:
    report = json.loads((made / "fairness.json").read_text())
    people = {one["person"]: one for one in report["results"]}
    assert people["Eileen"]["shown"] == 1
    assert people["Eileen"]["likeness"][0] > 0.5
    assert abs(people["Eileen"]["ita_drift_deg"][0]) <= 7
    assert people["Nobody"]["failed"] == "no_usable_photo"
    assert people["Nobody"]["findings"] == {"no_face": 1}
    assert (report["engine"], report["people"], report["photos"]) == ("studio", 3, 3)
    assert report["everybody"]["cells"]["without"]["count"] == 1


def test_nothing_is_inferred_but_the_tone_of_the_skin_in_the_photo(made: Path) -> None:
    people = {one["person"]: one for one in json.loads((made / "fairness.json").read_text())["results"]}
    assert (people["Eileen"]["tone_by"], people["Eileen"]["labels"]["tone"]) == ("labelled", "light")
    assert people["Grace"]["tone_by"] == "measured"
    assert people["Nobody"]["tone_by"] == ""
    assert people["Nobody"]["labels"] == {}
    assert people["Grace"]["labels"]["age_band"] == "60+"


def test_the_page_is_whole_by_itself_and_says_that_the_groups_are_too_small(made: Path) -> None:
    page = (made / "fairness.html").read_text()
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", page)
    assert "<script" not in page
    assert "Nothing could be compared" in page
    assert "Too few people to judge" in page
    for words in ("Skin tone", "Age band", "Gender presentation", "feminine", "40-59", "not labelled"):
        assert words in page
    # Numbers only: no picture of anybody, no name.
    assert "<img" not in page
    assert "Eileen" not in page


def test_the_pdf_says_the_same(made: Path) -> None:
    text = "".join(page.extract_text() for page in pypdf.PdfReader(made / "fairness.pdf").pages)
    assert "Fairness report" in text
    assert "Nothing could be compared" in text


@pytest.mark.parametrize(
    ("head", "rows", "said"),
    [
        ("photo,who\n", "a,b\n", "the columns file and person"),
        (HEAD, "gone.png,Eileen,,,\n", "line 2: there is no file"),
        (HEAD, ",Eileen,,,\n", "line 2: file and person must both be given"),
        (HEAD, "grey.png,A,tan,,\neileen-collins.png,A,dark,,\n", "line 3: A is labelled tone “tan” before"),
        (HEAD, "", "holds nobody"),
    ],
)
def test_a_set_that_cannot_be_read_is_refused_in_words(
    tmp_path: Path, head: str, rows: str, said: str
) -> None:
    path = _set(tmp_path, rows or "\n", head)
    with pytest.raises(CommandError, match=said) as refused:
        _run(path, tmp_path / "out")
    assert refused.value.returncode == 2
    assert not (tmp_path / "out" / "fairness.html").exists()


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"file,person\n\xff\xfe\x00")
    with pytest.raises(CommandError, match="not UTF-8"):
        _run(path, tmp_path / "out")


@pytest.mark.parametrize(("options", "said"), [({"engine": "polaroid"}, "No engine polaroid"),
                                               ({"style": "nowhere"}, "No style nowhere")])  # fmt: skip
def test_an_unknown_engine_or_style_is_refused(tmp_path: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        _run(_set(tmp_path), tmp_path / "out", **options)


def test_a_folder_without_labels_is_people_by_folder(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    Image.new("RGB", (60, 70)).save(tmp_path / "ada" / "1.png")
    Image.new("RGB", (60, 70)).save(tmp_path / "bob.png")
    sitters = fairness.read_sitters(tmp_path)
    assert [(one.name, len(one.photos), one.labels) for one in sitters] == [("ada", 1, {}), ("bob", 1, {})]


def test_a_label_cannot_break_the_page() -> None:
    nasty = "<script>alert(1)</script>"
    some = [fairness.Result(f"p{n}", {"tone": nasty}, photos=1, shown=1, likeness=[0.9]) for n in range(12)]
    findings = fairness_groups.judge(some, drawn=True)
    heading = fairness_page.Heading("studio", "1", nasty, "2026-01-01", 12, 12, 12, 12, 0, "one")
    page = fairness_page.page(heading, findings)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_clear_gap_stands_first() -> None:
    some = [
        fairness.Result(
            f"{tone}{n}", {"tone": tone}, photos=1, rejected=int(tone == "dark"), shown=1, likeness=[0.9]
        )
        for tone in ("light", "dark")
        for n in range(20)
    ]
    findings = fairness_groups.judge(some, drawn=False)
    heading = fairness_page.Heading("studio", "1", "corporate", "2026-01-01", 40, 40, 40, 40, 0, "one")
    page = fairness_page.page(heading, findings)
    assert page.index("Clear gaps") < page.index("Everybody")
    assert "skin tone dark: 100.0 %, everybody else 0.0 % (p = below 0.001)" in page
