"""Pictures whose colour and light a style wants: named by content, read from beside a style file."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from branding.look import EngineOptions, Look
from generation.imaging import drawing, materials, stylefile
from generation.imaging.errors import EngineError
from generation.imaging.stylefile import StyleFileError


def _picture(path: Path) -> None:
    grey = np.linspace(40, 200, 900 * 700 * 3).reshape(900, 700, 3).astype(np.uint8)
    Image.fromarray(grey).save(path)


def test_a_style_file_names_pictures_beside_it(tmp_path: Path) -> None:
    _picture(tmp_path / "light.png")
    file = tmp_path / "style.json"
    file.write_text(json.dumps({"engine": "sdxl", "engine_options": {"references": ["light.png"]}}))
    look = stylefile.read(file)
    (key,) = look.engine_options.references
    assert key in look.files().values()
    (pixels,) = drawing.references(look)
    assert pixels.shape == (900, 700, 3)
    assert abs(int(pixels[0, 0, 0]) - 40) < 8 and abs(int(pixels[-1, -1, 0]) - 200) < 8


def test_a_picture_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "style.json"
    file.write_text(json.dumps({"engine_options": {"references": ["gone.png"]}}))
    with pytest.raises(StyleFileError, match=r"engine_options.references: there is no file .*gone.png"):
        stylefile.read(file)


def test_a_reference_that_nobody_keeps_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(materials, "_sources", [])
    look = Look(engine_options=EngineOptions(references=("0" * 64,)))
    with pytest.raises(EngineError) as error:
        drawing.references(look)
    assert error.value.code == "material_missing"


def test_four_are_enough() -> None:
    with pytest.raises(ValidationError):
        EngineOptions(references=("0" * 64,) * 5)
