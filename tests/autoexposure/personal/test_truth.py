import math

import pytest

from autoexposure.errors import ConfigError
from autoexposure.personal.truth import Truth


def test_a_share_is_one() -> None:
    assert Truth(0.33, 0.1, 34, 20).explained == 0.33


@pytest.mark.parametrize(
    "wrong", [(-0.1, 0.1, 3, 0), (1.1, 0.1, 3, 0), (0.5, -1, 3, 0), (math.nan, 0.1, 3, 0), (0.5, 0.1, -1, 0)]
)
def test_what_is_none_is_refused(wrong: tuple[float, float, int, int]) -> None:
    with pytest.raises(ConfigError, match="share of 0 to 1"):
        Truth(*wrong)
