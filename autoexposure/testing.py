"""What every driver promises, as a suite of tests that a driver's own package runs with nothing but pytest.

A test module of a driver needs four lines::

    from autoexposure.testing import CameraContract
    from slide_camera import FAMILY

    class TestSlides(CameraContract):
        family = FAMILY

It opens the family's first camera, or the one that ``rest`` names. A driver that is tested on a played device, or that
can have its cable pulled, overrides the fixture ``subject``. A line in ``conftest.py`` has pytest show the values of a
test that fails: ``pytest.register_assert_rewrite("autoexposure.testing")``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest

from autoexposure.abilities.abilities import Abilities
from autoexposure.abilities.adjustable import AUTOMATICS, NAMES, Adjustable, Adjustment, AdjustmentKind
from autoexposure.abilities.several_adjustments import put_back
from autoexposure.camera import Camera, CameraInfo, Capabilities, ControlRange
from autoexposure.errors import CameraBusy, CameraDisconnected, CameraError, FrameTimeout, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.family import Family

DARK, BRIGHT = Exposure(0.001, 1.0), Exposure(0.02, 1.0)
"""Exposures that most cameras have, far enough apart to be seen in a picture, and that take no time."""

VISIBLY_BRIGHTER = 5.0
"""Grey levels of 255: more than noise moves the mean of a picture."""

CLOSED_USES: tuple[tuple[str, Callable[[Camera, float], object]], ...] = (
    ("read", lambda camera, timeout_s: camera.read(timeout_s)),
    ("take_control", lambda camera, _: camera.take_control()),
    ("set_exposure", lambda camera, _: camera.set_exposure(Exposure(0.01))),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A camera under test.

    Attributes
    ----------
    open : opens it anew.
    reopen : opens a camera by its whole specification.
    unplug : pulls its cable, where that can be played.
    """

    open: Callable[[], Camera]
    reopen: Callable[[str], Camera]
    unplug: Callable[[], object] | None = None


class CameraContract:
    """The suite. A subclass whose name begins with ``Test`` says which camera to run it on.

    Attributes
    ----------
    family : the driver's record.
    rest : names the camera, as behind the colon of a specification.
    timeout_s : how long a picture may take at most.
    """

    family: ClassVar[Family]
    rest: ClassVar[str] = ""
    timeout_s: ClassVar[float] = 5.0

    @pytest.fixture
    def subject(self) -> Subject:
        """The camera under test."""
        family, rest = self.family, self.rest
        return Subject(lambda: family.open(rest, None), lambda spec: family.open(spec.partition(":")[2], None))

    @pytest.fixture
    def camera(self, subject: Subject) -> Iterator[Camera]:
        """The camera, open; what the test set is put back after it."""
        with subject.open() as opened:
            original = opened.settings()
            yield opened
            try:
                opened.restore(original)
            except CameraError:
                assert not original, "a camera that was changed could not be put back"

    @pytest.fixture
    def controlled(self, camera: Camera) -> Camera:
        """The camera, under our control."""
        if not camera.capabilities.controls_exposure:
            pytest.skip("this camera has no exposure control")
        camera.take_control()
        return camera

    # The record

    def test_the_list_names_cameras_of_its_own_family(self) -> None:
        """What is listed can be told apart and begins with the family's name."""
        family = getattr(self, "family", None)
        if family is None or family.list is None:
            pytest.skip("the cameras of this family can't be listed")
        listed = list(family.list())
        assert all(isinstance(info, CameraInfo) and family.owns(info.spec) for info in listed)
        assert len({info.stable_id for info in listed}) == len(listed), "a stable id stands for two cameras"

    def test_the_same_camera_is_found_again(self, subject: Subject) -> None:
        """Where the record says how."""
        family = getattr(self, "family", None)
        if family is None or family.same is None:
            pytest.skip("a camera of this family is found by its specification")
        with subject.open() as camera:
            info = camera.info
        spec = family.same(info)
        if spec is None:
            pytest.skip("this camera can't be told from others")
        with subject.reopen(spec) as camera:
            assert camera.info.stable_id == info.stable_id

    # Opening and closing

    def test_capabilities_are_plausible(self, camera: Camera) -> None:
        """Ranges are above zero, what is missing is explained, what can be changed can be put back."""
        capabilities = camera.capabilities
        for control in (capabilities.time_s, capabilities.gain):
            assert control is None or control.minimum > 0
        if capabilities.time_s is None or capabilities.gain is None:
            assert capabilities.note.endswith("."), "what is missing is explained in a sentence"
        shortest, longest = capabilities.delay_frames
        assert 0 <= shortest <= longest
        assert 0 < camera.frame_interval_s <= 1
        if capabilities.controls_exposure:
            assert camera.settings(), "what can be changed must be possible to put back"

    def test_opening_and_closing_changes_no_setting(self, subject: Subject) -> None:
        """A camera that was only looked at is as it was."""
        with subject.open() as camera:
            before = camera.settings()
        with subject.open() as camera:
            assert camera.settings() == before

    def test_the_same_camera_has_the_same_identity_when_opened_again(self, subject: Subject) -> None:
        """By the specification that the camera itself gives."""
        with subject.open() as camera:
            info = camera.info
        with subject.reopen(info.spec) as camera:
            assert camera.info.stable_id == info.stable_id
            assert camera.info.name == info.name

    def test_opened_twice_either_works_or_is_busy_and_the_first_goes_on(self, subject: Subject) -> None:
        """Two programs may want one camera."""
        with subject.open() as first:
            first.read(self.timeout_s)
            with suppress(CameraBusy), subject.open() as second:
                second.read(self.timeout_s)
            first.read(self.timeout_s)

    def test_closed_twice(self, subject: Subject) -> None:
        """Closing again does nothing."""
        camera = subject.open()
        camera.close()
        camera.close()

    def test_opened_again_after_closing(self, subject: Subject) -> None:
        """Nothing is left behind that keeps the next one out."""
        for _ in range(3):
            with subject.open() as camera:
                camera.read(self.timeout_s)

    @pytest.mark.parametrize("use", [use for _, use in CLOSED_USES], ids=[name for name, _ in CLOSED_USES])
    def test_used_after_closing(self, subject: Subject, use: Callable[[Camera, float], object]) -> None:
        """A closed camera says so with a CameraError."""
        camera = subject.open()
        camera.close()
        with pytest.raises(CameraError):
            use(camera, self.timeout_s)

    def test_unplugged_while_reading(self, subject: Subject) -> None:
        """A camera that left says so from then on, and can be closed."""
        if subject.unplug is None:
            pytest.skip("this camera can't be unplugged here")
        camera = subject.open()
        camera.read(self.timeout_s)
        subject.unplug()
        with pytest.raises(CameraDisconnected):
            _read_for_a_while(camera)
        if camera.capabilities.controls_exposure:
            with pytest.raises(CameraDisconnected):
                camera.set_exposure(Exposure(0.01))
        camera.close()
        camera.close()

    def test_each_mode_can_be_had_by_its_specification(self, subject: Subject) -> None:
        """Where the camera knows its modes and the record writes their specifications: the smallest and the largest."""
        family = getattr(self, "family", None)
        with subject.open() as camera:
            abilities, spec = Abilities(camera), camera.info.spec
            modes, now = abilities.modes(), abilities.mode
            if not modes or family is None or family.in_mode is None:
                pytest.skip("this camera's mode can't be chosen")
            assert now is None or now.size_px in {mode.size_px for mode in modes}
        areas = [mode.width_px * mode.height_px for mode in modes]
        assert areas == sorted(areas, reverse=True)
        for wanted in (modes[-1], modes[0]):
            with subject.reopen(family.in_mode(spec, wanted)) as camera:
                opened = Abilities(camera).mode
                assert opened is not None
                assert (opened.fourcc, opened.size_px) == (wanted.fourcc, wanted.size_px)

    # Pictures

    def test_pictures_are_rgb(self, camera: Camera) -> None:
        """A picture is (height, width, 3), uint8."""
        pixels = camera.read(self.timeout_s).pixels
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        assert pixels.size > 0

    def test_sequences_and_timestamps_rise(self, camera: Camera) -> None:
        """Every picture is newer than the one before."""
        frames = [camera.read(self.timeout_s) for _ in range(8)]
        for earlier, later in pairwise(frames):
            assert later.sequence > earlier.sequence
            assert later.timestamp_s > earlier.timestamp_s

    def test_a_picture_stays_as_it_was_when_the_next_ones_are_read(self, camera: Camera) -> None:
        """A picture's memory is its own."""
        frame = camera.read(self.timeout_s)
        before = frame.pixels.copy()
        for _ in range(4):
            camera.read(self.timeout_s)
        assert np.array_equal(frame.pixels, before)

    def test_no_time_to_wait_is_a_picture_or_a_timeout(self, camera: Camera) -> None:
        """A timeout of 0 is no error of another kind."""
        with suppress(FrameTimeout):
            assert camera.read(0).pixels.size > 0

    # Control

    def test_a_camera_without_control_says_so_and_still_delivers(self, camera: Camera) -> None:
        """Taking control raises UnsupportedControl."""
        if camera.capabilities.controls_exposure:
            pytest.skip("this camera has exposure control")
        with pytest.raises(UnsupportedControl):
            camera.take_control()
        camera.read(self.timeout_s)

    @pytest.mark.parametrize("end", ["minimum", "maximum"])
    def test_out_of_range_is_clamped_and_returned_as_set(self, controlled: Camera, end: str) -> None:
        """What is beyond a range is its end."""
        really = controlled.set_exposure(Exposure(1e-9, 1e-9) if end == "minimum" else Exposure(1e9, 1e9))
        time_s, gain = controlled.capabilities.time_s, controlled.capabilities.gain
        assert time_s is None or really.time_s == pytest.approx(getattr(time_s, end))
        assert gain is None or really.gain == pytest.approx(getattr(gain, end))

    def test_what_was_set_is_near_what_was_asked_and_reads_back(self, controlled: Camera) -> None:
        """Within the widest gap between two values there are."""
        time_s, gain = controlled.capabilities.time_s, controlled.capabilities.gain
        wanted = _middle(controlled.capabilities)
        really = controlled.set_exposure(wanted)
        assert time_s is None or abs(really.time_s - wanted.time_s) <= _widest_gap(time_s)
        assert gain is None or abs(really.gain - wanted.gain) <= _widest_gap(gain)
        assert controlled.exposure == really

    def test_setting_what_was_set_changes_nothing(self, controlled: Camera) -> None:
        """What a camera returned it has."""
        really = controlled.set_exposure(_middle(controlled.capabilities))
        assert controlled.set_exposure(really) == really

    def test_more_exposure_makes_a_brighter_picture(self, controlled: Camera) -> None:
        """As soon as the announced delay is over."""
        capabilities = controlled.capabilities
        levels = []
        for exposure in _dark_and_bright(capabilities):
            controlled.set_exposure(exposure)
            for _ in range(capabilities.delay_frames[1] + 3):
                frame = controlled.read(self.timeout_s)
            levels.append(frame.pixels.mean())
        assert levels[1] > levels[0] + VISIBLY_BRIGHTER

    def test_settings_round_trip(self, controlled: Camera) -> None:
        """Restoring brings back every setting."""
        original = controlled.settings()
        controlled.set_exposure(Exposure(_middle(controlled.capabilities).time_s, 1e9))
        controlled.restore(original)
        assert controlled.settings() == original

    def test_settings_from_before_control_was_taken_round_trip(self, subject: Subject) -> None:
        """The camera's own automatic included."""
        with subject.open() as camera:
            if not camera.capabilities.controls_exposure:
                pytest.skip("this camera has no exposure control")
            original = camera.settings()
            camera.take_control()
            camera.set_exposure(Exposure(0.002, 1e9))
            camera.restore(original)
            assert camera.settings() == original

    def test_native_automatic_is_as_announced(self, camera: Camera) -> None:
        """It can be switched on and off, or is refused with UnsupportedControl."""
        if not camera.capabilities.native_auto:
            with pytest.raises(UnsupportedControl):
                camera.set_native_auto(True)
            return
        camera.set_native_auto(True)
        camera.read(self.timeout_s)
        camera.set_native_auto(False)
        assert camera.exposure is not None

    # Controls beside exposure

    @pytest.fixture
    def adjustable(self, camera: Camera) -> Adjustable:
        """The camera, where it has controls beside exposure."""
        if not isinstance(camera, Adjustable) or not camera.adjustments():
            pytest.skip("this camera has no controls beside exposure")
        return camera

    def test_adjustments_are_told_in_the_order_of_their_names(self, adjustable: Adjustable) -> None:
        """Each once, and within its range unless its automatic has it."""
        adjustments = adjustable.adjustments()
        assert [each.name for each in adjustments] == [name for name in NAMES if name in _by_name(adjustable)]
        assert all(each.minimum <= each.value <= each.maximum for each in adjustments if each.active)

    def test_every_adjustment_is_changed_reads_back_and_is_put_back(self, adjustable: Adjustable) -> None:
        """With its automatic off meanwhile."""
        before = _by_name(adjustable)
        try:
            for name, adjustment in before.items():
                if (automatic := AUTOMATICS.get(name, "")) in before:
                    adjustable.adjust(automatic, 0)
                wanted = _another_value(adjustment)
                really = adjustable.adjust(name, wanted)
                assert abs(really - wanted) <= adjustment.step, name
                assert _by_name(adjustable)[name].value == really, name
        finally:
            put_back(adjustable, {name: each.value for name, each in before.items()})
        after = _by_name(adjustable)
        assert {name: each.active for name, each in after.items()} == {n: each.active for n, each in before.items()}
        for name, each in before.items():
            assert not each.active or after[name].value == each.value, name

    def test_a_value_that_its_automatic_has_is_refused(self, adjustable: Adjustable) -> None:
        """As UnsupportedControl, like one that the camera hasn't got."""
        there = _by_name(adjustable)
        bound = [name for name, automatic in AUTOMATICS.items() if name in there and automatic in there]
        for name in bound:
            automatic = there[AUTOMATICS[name]]
            adjustable.adjust(automatic.name, 1)
            with pytest.raises(UnsupportedControl):
                adjustable.adjust(name, there[name].minimum)
            put_back(adjustable, {automatic.name: automatic.value, name: there[name].value})
        for name in NAMES.keys() - there.keys():
            with pytest.raises(UnsupportedControl):
                adjustable.adjust(name, 1)


def _by_name(camera: Adjustable) -> dict[str, Adjustment]:
    return {each.name: each for each in camera.adjustments()}


def _another_value(adjustment: Adjustment) -> float:
    """One that it can take and does not have."""
    if adjustment.kind is AdjustmentKind.CHOICE:
        return next((each.value for each in adjustment.choices if each.value != adjustment.value), adjustment.value)
    return adjustment.minimum if adjustment.value == adjustment.maximum else adjustment.maximum


def _read_for_a_while(camera: Camera) -> None:
    for _ in range(100):
        with suppress(FrameTimeout):
            camera.read(0.1)


def _middle(capabilities: Capabilities) -> Exposure:
    """An exposure inside both ranges."""
    time_s, gain = capabilities.time_s, capabilities.gain
    return Exposure(
        0.01 if time_s is None else (time_s.minimum * time_s.maximum) ** 0.5,
        1.0 if gain is None else (gain.minimum * gain.maximum) ** 0.5,
    )


def _widest_gap(control: ControlRange) -> float:
    if control.values:
        return max(b - a for a, b in pairwise(control.values))
    return control.step + 1e-9 * control.maximum


def _dark_and_bright(capabilities: Capabilities) -> tuple[Exposure, Exposure]:
    """Two exposures that the camera has: by time, or where it has none, or none in between, by all there is."""
    time_s, gain = capabilities.time_s, capabilities.gain
    if time_s is None:
        assert gain is not None
        return Exposure(0.01, gain.minimum), Exposure(0.01, gain.maximum)
    if time_s.nearest(BRIGHT.time_s) < 4 * time_s.nearest(DARK.time_s):
        return Exposure(time_s.minimum, DARK.gain), Exposure(time_s.maximum, DARK.gain)
    return DARK, BRIGHT
