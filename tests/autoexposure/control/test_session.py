"""One camera session, turn by turn, on a camera that does as it is told and can be made to refuse."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from autoexposure.abilities.adjustable import Adjustment, AdjustmentKind
from autoexposure.clock import SimulatedClock
from autoexposure.control.program import ProgramConfig
from autoexposure.control.session import CameraSession
from autoexposure.custody.journal import Journal
from autoexposure.errors import CameraDisconnected, CameraError, SettledOtherwise, UnsupportedControl
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.metering.preview import make_preview
from autoexposure.response import srgb
from tests.autoexposure.scripted_camera import FIRST, INTERVAL_S, Scripted, frame


@pytest.fixture
def camera() -> Scripted:
    return Scripted()


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def session(camera: Scripted, clock: SimulatedClock, tmp_path: Path) -> Iterator[CameraSession]:
    with closing(CameraSession(camera, Journal(tmp_path), ProgramConfig(), srgb(), clock)) as opened:
        yield opened


def see(session: CameraSession, camera: Scripted, shown: Frame) -> Frame:
    camera.frames.append(shown)
    return session.read(1.0)


def attributed(session: CameraSession, camera: Scripted, shown: Frame) -> Exposure | None:
    seen = see(session, camera, shown)
    made_by = session.attribute(seen, make_preview(seen.pixels))
    return None if made_by is None else made_by.exposure


def test_it_is_taken_at_once_as_it_is_and_put_back_at_the_end(session: CameraSession, camera: Scripted) -> None:
    assert camera.done == ["taken"]
    assert session.delayed is not None
    assert session.delayed.commanded == session.wanted == FIRST
    assert session.notice == "a note"
    assert not session.native
    assert not session.has_picture
    session.close()
    assert camera.done == ["taken", "restored 0.05", "closed"]
    assert session.delayed is None


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (CameraError("it refuses"), "it refuses; 'autoexposure restore' tries again"),
        (SettledOtherwise("its gain is 255 now, where it was 300"), "its gain is 255 now, where it was 300"),
    ],
)
def test_what_could_not_be_put_back_is_said_with_what_to_do_if_anything_can_be_done(
    session: CameraSession, camera: Scripted, error: CameraError, end: str
) -> None:
    def refuse(_: object) -> None:
        raise error

    camera.restore = refuse
    assert session.close() == f"Scripted camera could not be put back to how it was: {end}"


def test_one_that_can_not_say_what_it_is_set_to_starts_without_gain(
    camera: Scripted, clock: SimulatedClock, tmp_path: Path
) -> None:
    camera.exposure = None
    session = CameraSession(camera, Journal(tmp_path), ProgramConfig(), srgb(), clock)
    assert session.wanted == Exposure(0.1, 1.0)
    assert camera.done == ["taken", "set 0.1"]
    session.close()


def test_a_control_that_turns_out_not_to_obey_when_it_is_taken_is_not_counted_on(
    camera: Scripted, clock: SimulatedClock, tmp_path: Path
) -> None:
    def take_control() -> None:
        camera.capabilities = replace(camera.capabilities, time_s=None, note="only its gain can be set.")

    camera.take_control = take_control
    session = CameraSession(camera, Journal(tmp_path), ProgramConfig(), srgb(), clock)
    assert session.notice == "only its gain can be set."
    assert session.program.split(-1.0).time_s == INTERVAL_S
    session.close()


def test_nothing_is_set_before_a_picture_came_or_while_its_own_automatic_is_on(
    session: CameraSession, camera: Scripted
) -> None:
    with pytest.raises(UnsupportedControl):
        session.write(Exposure(0.02))
    see(session, camera, frame(1))
    assert session.has_picture
    assert session.write(Exposure(0.02)).confirmed
    session.use_native(True)
    session.use_native(True)
    assert session.native
    with pytest.raises(UnsupportedControl):
        session.write(Exposure(0.03))
    session.use_native(False)
    assert not session.native
    assert session.write(Exposure(0.03)).confirmed
    assert camera.done == ["taken", "set 0.02", "native True", "native False", "taken", "set 0.03"]


def test_one_that_is_lost_while_its_automatic_is_switched_on_shall_have_it_when_it_is_back(
    session: CameraSession, camera: Scripted
) -> None:
    camera.fails = UnsupportedControl("it has none")
    session.resume(Exposure(0.02), native=True)
    assert session.notice == "it has none"
    assert not session.native
    camera.fails = CameraDisconnected("gone")
    with pytest.raises(CameraDisconnected):
        session.use_native(True)
    assert session.native


def test_a_refusal_says_why_and_what_is_set_after_all(session: CameraSession, camera: Scripted) -> None:
    see(session, camera, frame(1))
    assert session.delayed is not None
    camera.fails = CameraError("not today")
    write = session.write(Exposure(0.02))
    assert (write.reason, write.really, write.confirmed) == ("not today", FIRST, False)
    assert session.wanted == FIRST
    assert not session.delayed.in_flight
    camera.exposure = Exposure(0.02, 1.0)  # one of two controls was written before it refused
    write = session.write(Exposure(0.02, 2.0))
    assert write.really == session.wanted == session.delayed.commanded == Exposure(0.02, 1.0)
    assert session.delayed.in_flight
    camera.exposure = None
    assert session.write(Exposure(0.05)).really == Exposure(0.02, 1.0)
    camera.fails = CameraDisconnected("gone")
    with pytest.raises(CameraDisconnected):
        session.write(Exposure(0.07))
    assert session.wanted == Exposure(0.07)  # what it is set to when it is back


def test_a_setting_shows_after_its_delay(session: CameraSession, camera: Scripted, clock: SimulatedClock) -> None:
    assert attributed(session, camera, frame(1)) == FIRST
    clock.sleep(INTERVAL_S)
    brighter = session.write(Exposure(0.04)).really
    assert [attributed(session, camera, frame(n)) for n in (2, 3, 4)] == [FIRST] * 3
    assert attributed(session, camera, frame(5, level=169)) == brighter  # three pictures later at the latest
    assert session.delayed is not None
    assert not session.delayed.in_flight


def test_a_picture_that_says_what_made_it_is_believed(session: CameraSession, camera: Scripted) -> None:
    said = Exposure(0.003, 2.0)
    assert attributed(session, camera, frame(1, exposure=said)) == said
    assert attributed(session, camera, frame(2, exposure=said)) == said
    session.write(Exposure(0.04))
    assert attributed(session, camera, frame(3, exposure=said)) == said
    session.distrust()
    assert attributed(session, camera, frame(4, exposure=said)) == said
    assert attributed(session, camera, frame(5)) is None


def test_after_it_was_set_back_pictures_under_way_are_nobodys(
    session: CameraSession, camera: Scripted, clock: SimulatedClock
) -> None:
    clock.sleep(INTERVAL_S)
    attributed(session, camera, frame(1))
    session.write(Exposure(0.02))
    session.distrust()
    clock.sleep(2.5 * INTERVAL_S)  # pictures 2 and 3 are there by now, unread
    session.reassert()
    assert camera.done[-2:] == ["taken", "set 0.02"]
    assert session.wanted == Exposure(0.02)
    unsure = [attributed(session, camera, frame(n)) for n in range(2, 8)]
    assert unsure == [None] * 6  # up to 3 + the longest delay and the one under exposure
    assert attributed(session, camera, frame(8)) == Exposure(0.02)


def test_after_its_stream_began_anew_pictures_are_nobodys_until_what_was_set_can_show(
    session: CameraSession, camera: Scripted
) -> None:
    attributed(session, camera, frame(70))
    assert session.arrivals.stream == 1
    session.write(Exposure(0.02))
    unsure = [attributed(session, camera, frame(n)) for n in range(4)]  # the longest delay, and one under exposure
    assert unsure == [None] * 4
    assert session.arrivals.stream == 2
    assert attributed(session, camera, frame(4)) == Exposure(0.02)
    assert session.delayed is not None
    assert not session.delayed.in_flight  # it was counted in the numbers of the stream before


def test_a_driver_that_started_the_stream_anew_itself_says_so(session: CameraSession, camera: Scripted) -> None:
    attributed(session, camera, frame(1))
    camera.restarts = 1
    assert [attributed(session, camera, frame(n)) for n in range(2, 6)] == [None] * 4
    assert attributed(session, camera, frame(6)) == FIRST
    assert session.arrivals.stream == 2


@pytest.fixture
def brightness(camera: Scripted) -> Adjustment:
    """A control of the camera beside exposure."""
    brightness = Adjustment("brightness", AdjustmentKind.NUMBER, 0, -64, 64)
    camera.adjustments = lambda: (brightness,)
    camera.adjust = lambda name, value: camera.done.append(f"{name} {value}") or value
    return brightness


def test_a_stream_that_begins_anew_has_the_controls_beside_exposure_set_again(
    brightness: Adjustment, session: CameraSession, camera: Scripted
) -> None:
    session.adjusting.set("brightness", 7)
    see(session, camera, frame(1))
    camera.done.clear()
    camera.restarts = 1
    see(session, camera, frame(2))
    see(session, camera, frame(3))
    assert camera.done == ["brightness 7.0"]


def test_what_was_asked_for_early_is_handed_out_once_when_it_can_be_set(
    session: CameraSession, camera: Scripted
) -> None:
    session.set_when_possible(Exposure(0.02))
    assert session.wanted == Exposure(0.02)
    assert session.take_pending() is None
    see(session, camera, frame(1))
    assert session.take_pending() == Exposure(0.02)
    assert session.take_pending() is None
    session.use_native(True)
    session.set_when_possible(Exposure(0.03))
    assert session.wanted == Exposure(0.03)
    assert session.take_pending() is None


def test_a_camera_that_is_back_is_set_as_it_was(session: CameraSession, camera: Scripted) -> None:
    session.resume(None, native=False)
    assert (session.native, session.wanted) == (False, FIRST)
    session.resume(Exposure(0.02), native=True)
    assert session.native
    assert session.wanted == Exposure(0.02)


def test_rules_are_looked_at_once_after_they_changed(session: CameraSession, camera: Scripted) -> None:
    assert not session.breaks_rules()  # no picture yet, so nothing could be done about it
    see(session, camera, frame(1))
    assert not session.breaks_rules()
    session.use_program(ProgramConfig(max_time_s=0.005))
    assert session.breaks_rules()
    assert not session.breaks_rules()


def test_other_programs_are_heard_while_something_is_ours(session: CameraSession, camera: Scripted) -> None:
    camera.foreign = "another program \x1b[31mdid it"
    assert session.foreign_change().startswith("another program ")
    assert "\x1b" not in session.foreign_change()
    session.use_native(True)
    assert session.foreign_change() == ""


def test_one_without_controls_delivers_pictures_and_says_why(
    camera: Scripted, clock: SimulatedClock, tmp_path: Path
) -> None:
    camera.fails = UnsupportedControl("it has none")
    session = CameraSession(camera, Journal(tmp_path), ProgramConfig(), srgb(), clock)
    assert session.notice == "it has none"
    assert session.delayed is None
    assert session.wanted is None
    assert attributed(session, camera, frame(1)) is None
    assert session.foreign_change() == ""
    session.close()


def test_the_first_picture_of_all_counts(session: CameraSession, camera: Scripted) -> None:
    assert attributed(session, camera, frame(0)) == FIRST


def test_one_that_can_not_be_taken_is_put_back_and_closed(
    camera: Scripted, clock: SimulatedClock, tmp_path: Path
) -> None:
    camera.fails = CameraError("not today")
    with pytest.raises(CameraError, match="not today"):
        CameraSession(camera, Journal(tmp_path), ProgramConfig(), srgb(), clock)
    assert camera.done == ["restored 0.05", "closed"]


def test_what_it_is_set_back_to_is_what_the_camera_made_of_it(session: CameraSession, camera: Scripted) -> None:
    see(session, camera, frame(1))
    session.write(Exposure(0.0201))
    session.distrust()
    camera.set_exposure = lambda exposure: Exposure(0.02)  # type: ignore[method-assign]  # it has coarser steps now
    session.reassert()
    assert session.delayed is not None
    assert session.wanted == session.delayed.commanded == Exposure(0.02)


def test_a_setting_is_seen_against_the_last_picture_before_it(session: CameraSession, camera: Scripted) -> None:
    attributed(session, camera, frame(1, level=90))
    attributed(session, camera, frame(2, level=150))  # a lamp was switched on
    session.write(Exposure(0.014))
    assert attributed(session, camera, frame(4, level=150)) == FIRST  # the first that may show it, and does not


def test_each_setting_is_seen_as_soon_as_it_shows(session: CameraSession, camera: Scripted) -> None:
    attributed(session, camera, frame(1, level=90))
    brighter = session.write(Exposure(0.02)).really
    levels = [90, 90, 124]  # twice the light
    assert [attributed(session, camera, frame(n, level=level)) for n, level in enumerate(levels, 2)] == [
        FIRST,
        FIRST,
        brighter,
    ]
    session.write(FIRST)
    levels = [124, 124, 90]
    assert [attributed(session, camera, frame(n, level=level)) for n, level in enumerate(levels, 5)] == [
        brighter,
        brighter,
        FIRST,
    ]
