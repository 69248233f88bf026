import random
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from autoexposure.camera import Capabilities
from autoexposure.control.commands import UseNativeAuto
from autoexposure.errors import RecordingError
from autoexposure.evaluation.comparison import Choice, Phase, Side, Tally
from autoexposure.exposure import Exposure
from autoexposure.frame import Frame
from autoexposure.states import AeState, LoopState
from gui.actions.actions import Actions
from gui.comparison.view import ComparisonView
from gui.orientation import Orientation
from gui.text import texts

OURS, NATIVE = 90, 160
"""How bright the two expose."""


@pytest.fixture
def kept():
    return []


@pytest.fixture
def pairs():
    return []


@pytest.fixture
def view(qtbot, theme, background, kept, pairs):
    from PyQt6.QtWidgets import QMainWindow

    window = QMainWindow()
    qtbot.addWidget(window)
    actions = Actions(window, theme)
    view = ComparisonView(theme, actions, background, kept.append, lambda *pair: pairs.append(pair), random.Random(0))
    view.actions_ = actions
    window.setCentralWidget(view)
    window.resize(900, 600)
    with qtbot.waitExposed(window):
        window.show()
    view.sent, view.said_failed = [], []
    view.command.connect(view.sent.append)
    view.failed.connect(view.said_failed.append)
    yield view
    window.close()


@pytest.fixture
def play(running):
    """A loop that obeys at once and whose two exposures differ: ``play(view)`` runs until both pictures are taken."""

    class Player:
        at_s, native = 100.0, False

        def turn(self, view, **changes):
            for command in view.sent[getattr(view, "obeyed", 0) :]:
                self.native = command.on
            view.obeyed = len(view.sent)
            self.at_s += 1 / 30
            grey = NATIVE if self.native else OURS
            exposure = None if self.native else Exposure(1 / 60, 2.0)
            frame = Frame(np.full((48, 64, 3), grey, np.uint8), self.at_s, round(30 * self.at_s), exposure)
            state = AeState.INACTIVE if self.native else AeState.CONVERGED
            view.show_snapshot(replace(running, frame=frame, native_auto=self.native, ae_state=state, **changes))

        def __call__(self, view, turns=400):
            self.turn(view)
            view.actions_["compare"].setChecked(True)
            for _ in range(turns):
                self.turn(view)
                if view.phase is not Phase.SETTLING:
                    break

    return Player()


def shown_grey(pane):
    image = pane.grab().toImage()
    return image.pixelColor(image.width() // 2, image.height() // 3).red()


def test_both_pictures_with_their_exposure(view, play):
    play(view)
    assert view.phase is Phase.READY
    assert view.sent == [UseNativeAuto(False), UseNativeAuto(True), UseNativeAuto(False)]
    left, right = view.panes
    assert (left.title, left.detail) == ("Autoexposure (Attention)", "1/60 s, ISO 200")
    assert (right.title, right.detail) == (texts.COMPARE_NATIVE, texts.COMPARE_NOT_KNOWN)
    assert (shown_grey(left), shown_grey(right)) == (OURS, NATIVE)


def test_progress_is_said(view, play):
    play(view, turns=5)
    assert "picture 1 of 2" in view.said
    assert view.panes[0].hint == texts.COMPARE_SETTLING
    assert view.panes[1].hint == texts.COMPARE_WAITING


def test_one_picture_and_the_other_while_a_key_is_held(view, play, qtbot):
    play(view)
    view.layouts.chosen.emit(1)
    assert not view.panes[1].isVisible()
    assert shown_grey(view.panes[0]) == OURS
    qtbot.keyPress(view, Qt.Key.Key_O)
    assert shown_grey(view.panes[0]) == NATIVE
    assert view.panes[0].title == texts.COMPARE_NATIVE
    qtbot.keyRelease(view, Qt.Key.Key_O)
    assert shown_grey(view.panes[0]) == OURS
    qtbot.mousePress(view, Qt.MouseButton.LeftButton)
    assert shown_grey(view.panes[0]) == NATIVE
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert shown_grey(view.panes[0]) == OURS


def test_escape_goes_back_and_hands_the_exposure_back(view, play, qtbot):
    play(view, turns=35)
    assert view.sent[-1] == UseNativeAuto(True)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.wanted
    assert view.sent[-1] == UseNativeAuto(False)


@pytest.mark.parametrize("again", ["compare_again", "compare_blind"])
def test_begun_again_in_the_middle_it_hands_the_exposure_back_all_the_same(view, play, again):
    play(view, turns=35)
    assert view.sent[-1] == UseNativeAuto(True)
    play.turn(view)
    assert play.native
    view.actions_[again].trigger()
    play(view)
    assert view.phase is Phase.READY
    play.turn(view)
    assert not play.native


def test_another_camera_in_the_middle_is_left_alone(view, play, running):
    play(view, turns=35)
    sent = len(view.sent)
    play.turn(view, camera=replace(running.camera, spec="sim:", stable_id="sim:"))
    assert not view.wanted
    assert len(view.sent) == sent


def test_again(view, play):
    play(view)
    view.actions_["compare_again"].trigger()
    assert view.phase is Phase.SETTLING
    assert not view.panes[0].has_picture


class TestBlind:
    @pytest.fixture
    def blind(self, view, play):
        play.turn(view)
        view.actions_["compare"].setChecked(True)
        view.actions_["compare_blind"].setChecked(True)
        play(view)
        return view

    def test_nobody_is_told_which_is_which(self, blind):
        said = [word for pane in blind.panes for word in (pane.title, pane.detail, pane.accessibleName())]
        assert [pane.title for pane in blind.panes] == ["A", "B"]
        assert not any(name in word for word in said for name in ("Auto", "camera", "ISO"))
        assert {shown_grey(pane) for pane in blind.panes} == {OURS, NATIVE}

    def test_one_key_begins_a_blind_comparison_and_the_next_one_is_open_again(self, view, play):
        play.turn(view)
        view.actions_["compare_blind"].trigger()
        assert view.wanted
        play(view)
        assert [pane.title for pane in view.panes] == ["A", "B"]
        view.actions_["compare"].trigger()
        assert not view.actions_["compare_blind"].isChecked()
        play(view)
        assert view.panes[1].title == texts.COMPARE_NATIVE

    def test_not_even_while_they_are_taken(self, view, play):
        play.turn(view)
        view.actions_["compare"].setChecked(True)
        view.actions_["compare_blind"].setChecked(True)
        while view.phase is Phase.SETTLING:
            assert not any(pane.has_picture for pane in view.panes)
            assert {pane.hint for pane in view.panes} == {texts.COMPARE_WAITING}
            play.turn(view)

    @pytest.mark.parametrize(
        ("key", "choice"),
        [(Qt.Key.Key_Left, Choice.LEFT), (Qt.Key.Key_Down, Choice.EQUAL), (Qt.Key.Key_Right, Choice.RIGHT)],
    )
    def test_an_answer_is_kept_and_tells_who_is_who(self, blind, background, kept, qtbot, key, choice):
        qtbot.keyClick(blind, key)
        background.wait()
        assert [record["choice"] for record in kept] == [choice]
        grey_left = shown_grey(blind.panes[0])
        left_is_ours = grey_left == OURS
        assert blind.panes[0].title == ("Autoexposure (Attention)" if left_is_ours else texts.COMPARE_NATIVE)
        expected = {Choice.LEFT: left_is_ours, Choice.RIGHT: not left_is_ours}.get(choice)
        preferred = None if expected is None else Side.OURS if expected else Side.NATIVE
        assert kept[0]["preferred"] == preferred
        assert sum((blind.tally.ours, blind.tally.equal, blind.tally.native)) == 1

    def test_one_answer_a_pair(self, blind, background, kept, qtbot):
        qtbot.keyClick(blind, Qt.Key.Key_Left)
        qtbot.keyClick(blind, Qt.Key.Key_Right)
        qtbot.mouseClick(blind.choices[Choice.EQUAL], Qt.MouseButton.LeftButton)
        background.wait()
        assert len(kept) == 1

    def test_an_answer_that_cannot_be_kept_is_said(self, blind, background, qtbot):
        def refuse(_):
            raise RecordingError("the verdict was not kept")

        blind._keep = refuse
        with qtbot.waitSignal(blind.failed):
            qtbot.keyClick(blind, Qt.Key.Key_Left)
        assert blind.said_failed == ["the verdict was not kept"]

    def test_without_blindness_arrows_answer_nothing(self, view, play, background, kept, qtbot):
        play(view)
        qtbot.keyClick(view, Qt.Key.Key_Left)
        background.wait()
        assert kept == []
        assert view.tally == Tally()


class TestWhatHinders:
    def test_a_camera_without_an_automatic(self, view, play):
        play.turn(view, capabilities=replace(Capabilities(), note="No control."))
        assert view.actions_["compare"].toolTip() == texts.COMPARE_HINDRANCES["no_control"]
        assert not view.actions_["compare"].isEnabled()

    def test_a_camera_that_leaves_meanwhile(self, view, play):
        play(view, turns=5)
        play.turn(view, loop_state=LoopState.RECONNECTING)
        assert view.phase is Phase.FAILED
        assert view.said == texts.COMPARE_FAILURES["camera_left"]


def test_another_camera_or_a_recording_takes_its_place(view, play, running):
    play(view)
    assert view.wanted
    play.turn(view, camera=replace(running.camera, spec="replay:a.tar"))
    assert not view.wanted


def test_a_pair_is_kept_once_and_as_it_is_turned(view, play, pairs, background):
    assert not view.actions_["compare_keep"].isEnabled()
    view.turn(Orientation(quarters=1, mirrored=True))
    play(view)
    assert view.actions_["compare_keep"].isEnabled()
    for _ in range(2):
        view.actions_["compare_keep"].trigger()
    background.wait()
    ((pictures, _),) = pairs
    assert {side: (picture.shape, int(picture.mean())) for side, picture in pictures.items()} == {
        Side.OURS: ((64, 48, 3), OURS),
        Side.NATIVE: ((64, 48, 3), NATIVE),
    }
    view.actions_["compare_again"].trigger()
    play(view)
    assert view.actions_["compare_keep"].isEnabled()
