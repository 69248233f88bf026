"""A replay against the truth: what the same law does before the same simulated scene."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autoexposure.clock import SimulatedClock
from autoexposure.errors import CameraDisconnected, RecordingError
from autoexposure.evaluation.replaying.figures import Outcome, as_recorded, replay
from autoexposure.evaluation.replaying.footage import Footage, look_through
from autoexposure.evaluation.replaying.page import page, sentences
from autoexposure.evaluation.replaying.replayed_camera import ReplayedCamera, coarse_share, guessed_share, re_exposed
from autoexposure.evaluation.side_by_side.contest import Contender, contenders
from autoexposure.exposure import Exposure
from autoexposure.metering.classical import AverageMeter, MatrixMeter, SpotMeter
from autoexposure.recording.reader import Recording
from autoexposure.response import gamma, srgb

SWITCHED = "light=switch,width=128,height=96,slow_frames=off"
FRAMES = 150
STEP_EV = 0.06
"""Two of the camera's steps of exposure time, where the times are short."""


def law(name: str) -> Contender:
    return contenders(AverageMeter)[name]


def settling(outcome: Outcome) -> list[float | None]:
    return [one.settling_s for one in outcome.settlings]


def test_a_law_replayed_over_its_own_recording_does_what_it_did(record) -> None:
    with Recording(record("a.tar", SWITCHED, MatrixMeter, FRAMES)) as recording:
        footage = look_through(recording, srgb())
        recorded, replayed = as_recorded(footage), replay(footage, law("matrix"))
        assert footage.changes == (60, 120)
        assert (footage.delay_frames, footage.delay_from) == (2, "the camera's own")
        assert replayed.evs == recorded.evs
        assert replayed.settlings == recorded.settlings
        assert replayed.guessed_share == 0
        assert replayed.clipped_share == pytest.approx(recorded.clipped_share, abs=0.02)
        text = page("autoexposure replay a.tar", footage, [recorded, replayed])
        assert text.count("<img ") == 10  # of both, from just before the lamp goes on to the end
        assert "as recorded (matrix)" in text
        assert "the light changes 2 times" in sentences(footage)[0]
        json.dumps(replayed.as_json(), allow_nan=False)


def test_another_law_does_what_it_does_before_the_same_camera(record) -> None:
    dark, bright = record("a.tar", SWITCHED, MatrixMeter, FRAMES), record("b.tar", SWITCHED, SpotMeter, FRAMES)
    with Recording(dark) as recording, Recording(bright) as truth:
        footage, real = look_through(recording, srgb()), as_recorded(look_through(truth, srgb()))
        replayed = replay(footage, law("spot"))
        assert replayed.apart_ev > 3  # it is another exposure altogether
        assert replayed.evs == pytest.approx(real.evs, abs=STEP_EV)
        assert settling(replayed) == settling(real)
        assert replayed.guessed_share == 0

        # The other way round nobody can know: half of the pictures that spot metering took is white.
        guessing = replay(look_through(truth, srgb()), law("matrix"))
        assert guessing.guessed_share > 0.9
        off_ev = np.abs(np.subtract(guessing.evs, as_recorded(footage).evs))
        assert float(np.median(off_ev)) == pytest.approx(1.3, abs=0.1)


def test_a_published_law_is_played_too(record) -> None:
    with Recording(record("a.tar", SWITCHED, MatrixMeter, FRAMES)) as recording:
        outcome = replay(look_through(recording, srgb()), law("libv4l"))
    assert len(outcome.evs) == FRAMES
    assert outcome.writes_per_s > 0


def test_the_delay_is_seen_in_the_recording_where_the_camera_does_not_know_it(record) -> None:
    with Recording(record("a.tar", f"{SWITCHED},delay=4", MatrixMeter, FRAMES, vague=True)) as recording:
        footage = look_through(recording, srgb())
        assert (footage.delay_frames, footage.delay_from[:7]) == (4, "seen in")
        assert look_through(recording, srgb(), 7).delay_frames == 7


def test_settings_show_as_late_as_they_did(footage: Footage) -> None:
    camera = ReplayedCamera(footage, SimulatedClock())
    first = camera.read(1.0)
    assert first.exposure == footage.pictures[0].exposure
    assert (first.pixels == footage.pixels(0)).all()  # nothing is re-exposed, so nothing is changed
    wanted = camera.set_exposure(Exposure(0.01, 2.0))
    made_with = [camera.read(1.0).exposure for _ in range(4)]
    assert [exposure == wanted for exposure in made_with] == [False, False, True, True]
    times_s = [camera.read(1.0).timestamp_s for _ in range(2)]
    assert times_s[1] - times_s[0] == pytest.approx(1 / 30, abs=1e-6)
    for _ in range(len(footage.pictures) - 7):
        camera.read(1.0)
    with pytest.raises(CameraDisconnected, match="over"):
        camera.read(1.0)


@pytest.mark.parametrize("name", ["matrix", "gst"])
def test_a_disk_that_fails_in_the_middle_ends_the_replay(
    footage: Footage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Recording.pixels

    def failing(recording: Recording, index: int):
        if index == 6:
            raise RecordingError("picture 6 can't be read (Input/output error)")
        return read(recording, index)

    monkeypatch.setattr(Recording, "pixels", failing)
    with pytest.raises(RecordingError, match="Input/output error"):
        replay(footage, law(name))


def test_pictures_are_re_exposed_by_the_response_curve() -> None:
    grey = np.full((4, 6, 3), 100, np.uint8)
    twice = re_exposed(grey, gamma(2.0), 1.0)
    assert twice.shape == grey.shape
    assert (twice == round(100 * 2**0.5)).all()
    assert (re_exposed(twice, gamma(2.0), -1.0) == 100).all()


def test_only_light_that_the_recording_lacks_is_a_guess(footage: Footage) -> None:
    taken = replace(footage.pictures[0], highlights=0.3, shadows=0.1)
    ev = taken.exposure.ev
    assert [guessed_share(taken, ev + delta) for delta in (-1.0, -0.05, 0.05, 1.0)] == [0.3, 0.0, 0.0, 0.0]
    assert [coarse_share(taken, ev + delta) for delta in (-1.0, -0.05, 0.05, 1.0)] == [0.0, 0.0, 0.0, 0.1]


def test_pictures_that_cannot_be_used_are_counted(record, tmp_path: Path) -> None:
    whole = record("a.tar", SWITCHED, MatrixMeter, 20)
    with Recording(spoiled(whole, tmp_path / "b.tar", {3: {"time_s": None}, 7: None})) as recording:
        footage = look_through(recording, srgb())
        assert footage.left_out == 2
        assert "2 pictures are left out" in " ".join(sentences(footage))
        assert len(replay(footage, law("average")).evs) == 18
    every = {number: {"gain": None} for number in range(15)}
    with (
        Recording(spoiled(whole, tmp_path / "c.tar", every)) as recording,
        pytest.raises(RecordingError, match="5 pictures whose exposure is known, 10 are needed"),
    ):
        look_through(recording, srgb())


def test_what_the_camera_can_do_is_taken_from_its_pictures_if_nobody_says(record, tmp_path: Path) -> None:
    whole = record("a.tar", SWITCHED, MatrixMeter, 20)
    with Recording(spoiled(whole, tmp_path / "b.tar", {}, capabilities={"time_s": {"minimum": 1e9}})) as recording:
        footage = look_through(recording, srgb())
    assert footage.capabilities.time_s is not None
    times_s = [taken.exposure.time_s for taken in footage.pictures]
    assert (footage.capabilities.time_s.minimum, footage.capabilities.time_s.maximum) == (min(times_s), max(times_s))


@pytest.fixture
def footage(record):
    with Recording(record("steady.tar", "light=steady,width=64,height=48", AverageMeter, 12)) as recording:
        yield look_through(recording, srgb())


def spoiled(whole: Path, path: Path, changed: dict[int, dict[str, object] | None], capabilities: object = None) -> Path:
    """A copy with other values in some descriptions; None damages the picture instead."""
    with tarfile.open(whole) as source, tarfile.open(path, "w") as target:
        for member in source:
            file = source.extractfile(member)
            assert file is not None
            data = file.read()
            stem, _, ending = member.name.partition(".")
            if stem == "recording" and capabilities is not None:
                data = json.dumps(json.loads(data) | {"capabilities": capabilities}).encode()
            if stem.isdigit() and int(stem) in changed:
                other = changed[int(stem)]
                if ending == "json" and other is not None:
                    data = json.dumps(json.loads(data) | other).encode()
                elif ending != "json" and other is None:
                    data = data[: len(data) // 2]
            info = tarfile.TarInfo(member.name)
            info.size = len(data)
            target.addfile(info, io.BytesIO(data))
    return path
