"""`.cube` tables: what is read, what is refused and where, and what they do to colours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from branding.look import Grade
from generation.imaging import materials
from generation.imaging.errors import DecodeError
from generation.imaging.finishing import grade, lut

COLOURS = np.random.default_rng(3).random((40, 50, 3), np.float32)


def grid(points: int) -> np.ndarray:
    """The rows of an identity table: red changes fastest."""
    at = np.linspace(0, 1, points)
    blue, green, red = np.meshgrid(at, at, at, indexing="ij")
    return np.stack([red, green, blue], axis=-1).reshape(-1, 3)


def cube(rows: np.ndarray, *head: str, kind: str = "3D") -> bytes:
    points = len(rows) if kind == "1D" else round(len(rows) ** (1 / 3))
    lines = [*head, f"LUT_{kind}_SIZE {points}", *(" ".join(f"{value:.7f}" for value in row) for row in rows)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("points", [2, 5, 17, 33])
def test_an_identity_table_changes_nothing(points: int) -> None:
    table = lut.parse_cube(cube(grid(points)))
    np.testing.assert_allclose(lut.apply(table, COLOURS), COLOURS, atol=2e-6)


def test_an_identity_table_in_the_grade_changes_nothing_to_see() -> None:
    key = materials.add(cube(grid(17)))
    plain = grade.grade(COLOURS, Grade(saturation=0.2))
    tabled = grade.grade(COLOURS, Grade(saturation=0.2, lut=key))
    assert np.abs(grade.to_8_bit(plain).astype(int) - grade.to_8_bit(tabled).astype(int)).max() <= 1
    shown = (plain >= 0).all(axis=-1) & (plain <= 1).all(axis=-1)
    np.testing.assert_allclose(tabled[shown], plain[shown], atol=2e-4)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 6).flatmap(
        lambda n: arrays.arrays(np.float32, (n**3, 3), elements=st.floats(-2, 3, width=32))
    ),
    st.text(st.characters(whitelist_categories=("L", "N", "Zs")), max_size=30),
    st.tuples(st.floats(-1, 0, width=16), st.floats(0.5, 4, width=16)),
)
def test_what_is_written_is_read(rows: np.ndarray, title: str, domain: tuple[float, float]) -> None:
    low, high = domain
    head = (f'TITLE "{title}"', "# made by a test", "", f"DOMAIN_MIN {low} {low} {low}",
            f"DOMAIN_MAX\t{high} {high} {high}")  # fmt: skip
    read = lut.parse_cube(cube(rows, *head))
    assert read.title == title[:80].strip() or read.title == title
    assert (read.low, read.high) == ((low,) * 3, (high,) * 3)
    np.testing.assert_allclose(read.table.reshape(-1, 3), rows, atol=1e-6)
    # At the grid's own points the table's own values come out.
    points = low + grid(read.points).astype(np.float32) * (high - low)
    np.testing.assert_allclose(lut.apply(read, points), rows, atol=1e-3)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_whatever_comes_is_read_or_refused_with_a_code(data: bytes) -> None:
    try:
        lut.parse_cube(b"LUT_3D_SIZE 2\n" + data)
    except DecodeError as error:
        assert error.code.startswith("cube_")


def test_one_curve_per_channel() -> None:
    table = lut.parse_cube(cube(np.array([[0, 0, 0], [0.5, 0.25, 1], [1, 1, 1]]), kind="1D"))
    np.testing.assert_allclose(
        lut.apply(table, np.array([[0.5, 0.5, 0.5], [0.25, 0.75, 2.0]], np.float32)),
        [[0.5, 0.25, 1.0], [0.25, 0.625, 1.0]],
        atol=1e-6,
    )


def test_grey_stays_grey_under_a_table_that_keeps_greys() -> None:
    """What trilinear interpolation does not promise between the points."""
    rows = grid(4)
    grey = rows.mean(axis=1, keepdims=True)
    table = lut.parse_cube(cube(grey + 1.8 * (rows - grey)))
    ramp = np.repeat(np.linspace(0, 1, 101, dtype=np.float32)[:, None], 3, axis=1)
    np.testing.assert_allclose(lut.apply(table, ramp), ramp, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("0 0 0", "cube_no_size", 1),
        ("", "cube_no_size", 1),
        ("LUT_3D_SIZE 2\n0 0 0\n0 0", "cube_line", 3),
        ("LUT_3D_SIZE 2\n0 0 0\n0 0 nan", "cube_line", 3),
        ("LUT_3D_SIZE 2\n0 0 0\n0 0 zero", "cube_line", 3),
        ("LUT_3D_SIZE 2\nGAMMA 2", "cube_line", 2),
        ("LUT_3D_SIZE 900", "cube_size", 1),
        ("LUT_3D_SIZE 2\nLUT_1D_SIZE 2", "cube_size", 2),
        ("LUT_1D_SIZE 2\n0 0 0", "cube_rows", None),
        ("LUT_1D_SIZE 2\n" + "0 0 0\n" * 3, "cube_rows", 4),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN 1 1 1\n0 0 0\n1 1 1", "cube_domain", None),
        ("LUT_1D_SIZE 2\n\0", "cube_not_text", None),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, code: str, line: int | None) -> None:
    with pytest.raises(DecodeError) as error:
        lut.parse_cube(text.encode())
    assert (error.value.code, error.value.data.get("line")) == (code, line)


def test_a_huge_table_is_refused_before_it_is_read() -> None:
    with pytest.raises(DecodeError) as error:
        lut.parse_cube(b"#" * (lut.MAX_BYTES + 1))
    assert error.value.code == "cube_too_large"


def test_skin_is_spared_and_the_rest_is_not() -> None:
    rows = grid(5)
    key = materials.add(cube(1 - rows))
    skin = np.array([[[0.42, 0.22, 0.14]]], np.float32)
    blue = np.array([[[0.1, 0.2, 0.5]]], np.float32)
    moved = [
        float(np.abs(grade.grade(one, Grade(lut=key)) - grade.grade(one, Grade())).max())
        for one in (skin, blue)
    ]
    alone = float(np.abs(grade.grade(1 - skin, Grade()) - grade.grade(skin, Grade())).max())
    assert moved[0] < 0.5 * alone
    half = grade.grade(blue, Grade(lut=key, lut_strength=0.5)) - grade.grade(blue, Grade())
    np.testing.assert_allclose(np.abs(half).max(), moved[1] / 2, rtol=0.01)
