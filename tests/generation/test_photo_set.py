"""Coverage, strangers and repetitions judged from what the check stored, without the photos."""

import numpy as np
import pytest

from generation import selectors
from generation.members import member
from generation.models import FACE_THUMBNAIL, SourcePhoto
from tests import factories
from tests.cast import Cast


def _measures(yaw: float = 0.0, smile: float = 0.1, grey: int = 128) -> dict[str, object]:
    return {"head_pose_yaw_deg": yaw, "smile": smile, FACE_THUMBNAIL: bytes([grey] * 256).hex()}


def _photo(cast: Cast, place: float = 0.0, **fields: object) -> SourcePhoto:
    """A photo whose embedding lies at `place` on a line; 0.55 apart is somebody else."""
    embedding = [place, *[0.0] * 127]
    ines = cast.northwind.employees["ines"]
    return factories.make_photo(ines, embedding=embedding, **({"measures": _measures()} | fields))


def _set(cast: Cast) -> selectors.PhotoSet:
    return selectors.photo_set(cast.northwind.employees["ines"])


def test_the_meter_asks_for_what_is_missing(cast: Cast) -> None:
    with cast.northwind.scope():
        _photo(cast)
        _photo(cast, 0.3, measures=_measures(yaw=15, grey=20))
        found = _set(cast)
    assert found.covered == ("front", "slight_left")
    assert found.headline == "2 good photos."
    assert found.hint == "One with your head turned slightly to your right would help."


def test_everything_there(cast: Cast) -> None:
    with cast.northwind.scope():
        for place, yaw, smile in ((0, 0, 0.1), (0.25, 15, 0.1), (0.5, -15, 0.5)):
            _photo(cast, place, measures=_measures(yaw, smile))
        found = _set(cast)
    assert (found.headline, found.hint) == ("3 good photos.", "That is everything we need.")


def test_photos_with_a_remark_are_not_called_good(cast: Cast) -> None:
    with cast.northwind.scope():
        _photo(cast, verdict="warn")
        assert _set(cast).headline == "1 photo can be used."
        _photo(cast, 0.3, measures=_measures(grey=20))
        assert _set(cast).headline == "2 photos can be used."


def test_a_stranger_is_not_used(cast: Cast) -> None:
    with cast.northwind.scope():
        own = [_photo(cast), _photo(cast, 0.3, measures=_measures(grey=20))]
        stranger = _photo(cast, 3.0)
        found = _set(cast)
    assert found.usable == own
    states = {card.photo.pk: card.state for card in found.cards}
    assert states[stranger.pk] == "unusable"


def test_two_people_and_nobody_knows_which_is_right(cast: Cast) -> None:
    with cast.northwind.scope():
        _photo(cast, original_name="one.jpg")
        _photo(cast, 3.0, original_name="two.jpg")
        found = _set(cast)
    assert found.usable == []
    assert not found.ready
    assert found.warning == "2 of your photos may show someone else. (one.jpg, two.jpg)"


@pytest.mark.parametrize(("grey", "same"), [(129, True), (200, False)])
def test_repetition_needs_the_same_face_and_the_same_picture(cast: Cast, grey: int, same: bool) -> None:
    with cast.northwind.scope():
        _photo(cast, original_name="better.jpg")
        _photo(cast, 0.1, measures=_measures(yaw=5, grey=grey), original_name="worse.jpg")
        found = _set(cast)
    advice = [card.advice for card in found.cards]
    assert any("almost the same as better.jpg" in words for words in advice) is same
    # A repetition adds nothing to the meter, but may be photographed.
    assert len(found.usable) == 2


def test_nothing_can_start_while_one_is_checked(cast: Cast) -> None:
    with cast.northwind.scope():
        _photo(cast)
        _photo(cast, 0.2, status="received", verdict="")
        assert not _set(cast).ready


def test_the_stored_thumbnail_is_what_imaging_compares(cast: Cast) -> None:
    values = np.linspace(0, 255, 256).astype(np.uint8)
    with cast.northwind.scope():
        photo = _photo(cast, measures={FACE_THUMBNAIL: values.tobytes().hex()})
    stored = member(photo)
    assert stored.thumbnail is not None
    assert stored.thumbnail.shape == (16, 16)
    assert float(stored.thumbnail[-1, -1]) == pytest.approx(1.0)
