"""What a camera can do besides is found out once, and what it can't answers with nothing."""

from __future__ import annotations

import pytest

from autoexposure.abilities.abilities import Abilities
from autoexposure.errors import UnsupportedControl
from drivers.discovery import open_camera


class Bare:
    """A camera that can do nothing besides."""

    def __init__(self, camera) -> None:
        self.info = camera.info


def test_a_camera_without_any_has_nothing_and_does_nothing() -> None:
    with open_camera("sim:controls=many") as camera:
        abilities = Abilities(Bare(camera))
    nothing = (abilities.adjustments(), abilities.modes(), abilities.mode, abilities.playback)
    assert nothing == ((), (), None, None)
    assert (abilities.restarts, abilities.foreign_change()) == (0, "")
    abilities.shrink_to(100)
    abilities.play(True)
    abilities.seek(3)
    with pytest.raises(UnsupportedControl, match="has no control gamma"):
        abilities.adjust("gamma", 1.0)


def test_each_is_the_cameras_own() -> None:
    with open_camera("sim:controls=many") as camera:
        abilities = Abilities(camera)
        assert abilities.adjustments() == camera.adjustments() != ()
        assert (abilities.modes(), abilities.mode) == (camera.modes(), camera.mode)
        assert abilities.adjust("brightness", 10.0) == 10.0
        assert {each.name: each.value for each in camera.adjustments()}["brightness"] == 10.0


def test_that_protocols_are_asked_once() -> None:
    class Counted:
        asked = 0

        @property
        def restarts(self) -> int:
            self.asked += 1
            return 7

    camera = Counted()
    abilities = Abilities(camera)
    once = camera.asked
    assert [abilities.restarts for _ in range(10)] == [7] * 10
    assert camera.asked == once + 10
