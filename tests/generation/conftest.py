"""What several tests of this folder begin with."""

import pytest

from generation.models import Candidate
from tests.cast import Cast, House
from tests.generation.nudging import finished


@pytest.fixture
def house(cast: Cast) -> House:
    return cast.northwind


@pytest.fixture
def picture(house: House) -> Candidate:
    """A finished picture that Ines may choose or adjust."""
    with house.scope():
        return finished(house)
