"""Pictures of the window's main states, taken offscreen from the simulated camera: for the README, and to look at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QEvent, QSettings
from PyQt6.QtWidgets import QApplication, QDialog

from autoexposure.control.commands import Command
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import CameraDisconnected, CameraNotFound, ConfigError
from autoexposure.feedback.answer import Label
from autoexposure.feedback.store import FeedbackStore
from autoexposure.metering.classical import SpotMeter
from autoexposure.metering.mask import weigh
from autoexposure.metering.preview import make_preview
from autoexposure.states import AeState, LoopState
from gui.app import make_application, make_services
from gui.bridge.loops import Loops
from gui.main_window import MainWindow
from gui.plots.history import WINDOW_S
from gui.preview.viewport import Point
from gui.style.theme import Theme, ThemeChoice
from tests.screenshots import hands, sheets
from tests.screenshots.simulated import settled, simulated_loop

SMALL, LARGE = (1280, 720), (2560, 1440)
SECONDS = WINDOW_S + 4
"""The plots are full, and the lamp of the built-in scene has been on and off."""


class Playback:
    """A loop that has already run: it shows the Snapshots it was given, one at a time."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot

    def latest(self) -> Snapshot | None:
        return self.snapshot

    def send(self, command: Command) -> None:
        """Nothing is steered any more."""

    def add_sink(self, sink: Callable[[Snapshot], None]) -> None:
        """Nothing is played to anybody else."""

    def remove_sink(self, sink: Callable[[Snapshot], None]) -> None:
        """See `add_sink`."""


def hands_off(window: MainWindow) -> None:
    """Nobody does anything before the picture is taken."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One state: its file's name, how the window is, what is changed before the picture is taken.

    ``on`` names actions that are triggered, ``unfolded`` a card of the side panel that is opened, ``beside`` the
    specifications of further cameras.
    """

    name: str
    size_px: tuple[int, int] = SMALL
    theme: ThemeChoice = ThemeChoice.DARK
    on: tuple[str, ...] = ()
    last: Callable[[Snapshot], Snapshot] = lambda snapshot: snapshot
    answer: Label | None = None
    ran_before: bool = True
    unfolded: str = ""
    hand: Callable[[MainWindow], None] = hands_off
    beside: tuple[str, ...] = ()


def _no_camera(snapshot: Snapshot) -> Snapshot:
    error = CameraNotFound("there is no camera at /dev/video7: plug it in, or choose another")
    return Snapshot(loop_state=LoopState.FAILED, error=error, notice=str(error), turn=snapshot.turn)


def _unplugged(snapshot: Snapshot) -> Snapshot:
    notice = "The camera was disconnected; waiting for it to come back."
    error = CameraDisconnected(notice)
    return replace(snapshot, loop_state=LoopState.RECONNECTING, error=error, notice=notice)


def _unsure(snapshot: Snapshot) -> Snapshot:
    """The meter says how sure it is, and a picture that it finds a little off is left alone."""
    assert snapshot.decision is not None
    return replace(snapshot, decision=replace(snapshot.decision, delta_ev=0.32, doubt_ev=0.4), left_alone=True)


def _spotted(snapshot: Snapshot) -> Snapshot:
    assert snapshot.frame is not None
    meter = SpotMeter(0.27, 0.4)
    decision = meter.decide(make_preview(snapshot.frame.pixels))
    return replace(snapshot, meter=meter.name, spot=meter.spot, decision=decision)


def _paint(window: MainWindow) -> None:
    """Somebody paints around the face; the loop answers with its next turn."""
    for x, y in ((0.5, 0.15), (0.56, 0.3), (0.52, 0.42)):
        window.brush.press(Point(x, y), 4 / 3, counts=True)
        window.brush.move(Point(x + 0.05, y + 0.06), 4 / 3)
    window.brush.release()
    painted, mask = window.preview.painted, window.brush.cells
    assert painted is not None
    assert painted.decision is not None
    assert mask is not None
    window.follow(replace(painted, mask=mask, decision=weigh(painted.decision, mask)))


def _look_closer(window: MainWindow) -> None:
    place = window.preview.picture_rect()
    window.preview.pointer.zoom(5.0, Point(place.left() + 0.56 * place.width(), place.top() + 0.32 * place.height()))


BESIDE = ("sim:scene=cat", "sim:scene=coffee", "sim:scene=rocket")

SHOTS = (
    Shot("dark"),
    Shot("light", theme=ThemeChoice.LIGHT),
    Shot("attention", on=("attention",)),
    Shot("exposure-map", theme=ThemeChoice.LIGHT, on=("exposure_map",)),
    Shot("cells", on=("attention", "exposure_map", "cells")),
    Shot("clipping", on=("clipping",)),
    Shot("zebra", theme=ThemeChoice.LIGHT, on=("zebra",), unfolded="overlays"),
    Shot("false-colour", on=("false_colour",)),
    Shot("large-false-colour", LARGE, ThemeChoice.LIGHT, on=("false_colour",)),
    Shot("mask", on=("attention", "mask"), unfolded="overlays", hand=_paint),
    Shot("spot", theme=ThemeChoice.LIGHT, last=_spotted, unfolded="why"),
    Shot("zoomed", on=("exposure_map", "cells"), hand=_look_closer),
    Shot("why", on=("attention", "exposure_map"), unfolded="why"),
    Shot("unsure", last=_unsure, unfolded="why"),
    Shot("unsure-light", theme=ThemeChoice.LIGHT, last=_unsure, unfolded="why"),
    Shot("waveform", on=("scope",), unfolded="histogram"),
    Shot("histogram-log", theme=ThemeChoice.LIGHT, on=("scope_luma", "scope_log"), unfolded="histogram"),
    Shot("large-waveform", LARGE, on=("scope", "zebra")),
    Shot("large-dark", LARGE, on=("attention",)),
    Shot("large-light", LARGE, ThemeChoice.LIGHT),
    Shot("answered", answer=Label.WELL),
    Shot("answers", hand=hands.answer),
    Shot("answers-light", theme=ThemeChoice.LIGHT, hand=hands.answer),
    Shot("asked", hand=hands.asked),
    Shot("asked-light", theme=ThemeChoice.LIGHT, hand=hands.asked),
    Shot("leave", hand=hands.asked_for_leave),
    Shot("learned", hand=hands.learned),
    Shot("learned-light", theme=ThemeChoice.LIGHT, hand=hands.learned),
    Shot("known", hand=hands.known_of_answers),
    Shot("known-light", theme=ThemeChoice.LIGHT, hand=hands.known_of_answers),
    Shot("personalise-light", theme=ThemeChoice.LIGHT, hand=hands.personalise),
    Shot("personalised", hand=hands.personalised),
    Shot("compare", hand=hands.compare),
    Shot("compare-settling", hand=hands.compare_settling),
    Shot("compare-blind", hand=hands.compare_blind),
    Shot("compare-answered", theme=ThemeChoice.LIGHT, hand=hands.compare_answered),
    Shot("recording", hand=hands.record),
    Shot("recorded", theme=ThemeChoice.LIGHT, hand=hands.recorded),
    Shot("replay", on=("attention",), hand=hands.replay),
    Shot("several", on=("attention",), beside=BESIDE),
    Shot("first-minute", hand=sheets.hints),
    Shot("limits", hand=sheets.limits),
    Shot("camera-few", last=sheets.few_controls, unfolded="camera"),
    Shot("camera-many", theme=ThemeChoice.LIGHT, last=sheets.many_controls, unfolded="camera"),
    Shot("camera-all", last=sheets.many_controls, unfolded="camera", hand=sheets.all_controls),
    Shot("turned", theme=ThemeChoice.LIGHT, on=("attention", "mirror", "turn"), last=sheets.few_controls),
    Shot("camera-details", hand=sheets.details),
    Shot("gallery", hand=sheets.gallery),
    Shot("measuring", theme=ThemeChoice.LIGHT, hand=sheets.measuring),
    Shot("measured", hand=sheets.measured),
    Shot("locked", last=lambda snapshot: replace(snapshot, locked=True, ae_state=AeState.LOCKED)),
    Shot("no-camera", last=_no_camera),
    Shot("reconnecting", theme=ThemeChoice.LIGHT, last=_unplugged),
    Shot("starting", last=lambda _: Snapshot(), ran_before=False),
    Shot("shortcuts", on=("shortcuts",)),
)


def write_screenshots(
    folder: Path, *, spec: str = "sim:", model: Path | None = None, only: Collection[str] = ()
) -> list[Path]:
    """Write one PNG for each of ``SHOTS`` (those named in ``only``, if any are) into ``folder``; return their paths.

    Raises what the simulated camera and the model raise. Needs no display: without a QApplication it goes offscreen.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or make_application()
    assert isinstance(application, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    theme = Theme(application, ThemeChoice.DARK)
    with tempfile.TemporaryDirectory() as scratch:
        turns = _record(spec, model, Path(scratch))
        wanted = [shot for shot in SHOTS if not only or shot.name in only]
        return [_take(shot, turns, folder, theme, Path(scratch)) for shot in wanted]


def _record(spec: str, model: Path | None, scratch: Path) -> list[Snapshot]:
    """Every turn of a run; only the last keeps its picture, the others would fill the memory."""
    turns: list[Snapshot] = []
    loop = simulated_loop(spec, model, scratch / "state")
    with loop:
        while not turns or _seconds(turns) < SECONDS:
            snapshot = loop.turn()
            if snapshot.error is not None:
                raise snapshot.error
            if snapshot.frame is None:
                continue
            if turns:
                turns[-1] = _without_pixels(turns[-1])
            turns.append(snapshot)
    return turns


def _seconds(turns: list[Snapshot]) -> float:
    first, last = turns[0].frame, turns[-1].frame
    assert first is not None
    assert last is not None
    return last.timestamp_s - first.timestamp_s


def _without_pixels(snapshot: Snapshot) -> Snapshot:
    assert snapshot.frame is not None
    return replace(snapshot, frame=replace(snapshot.frame, pixels=snapshot.frame.pixels[:1, :1].copy()))


def _take(shot: Shot, turns: list[Snapshot], folder: Path, theme: Theme, scratch: Path) -> Path:
    theme.choose(shot.theme)
    settings = QSettings(str(scratch / f"{shot.name}.ini"), QSettings.Format.IniFormat)
    playback = Playback()
    others = [Playback(settled(spec, scratch / "state")) for spec in shot.beside]
    services = replace(
        make_services(Loops(playback, *others), None, settings),
        open_feedback=lambda: FeedbackStore(scratch / f"{shot.name}.sqlite"),
        recordings_folder=scratch / "recordings",
        keep_verdict=lambda record: None,
    )
    services = replace(services, personal=hands.scripted_personal(services.personal))
    window = MainWindow(services, theme)
    window.resize(*shot.size_px)
    window.show()
    QApplication.processEvents()
    for snapshot in (*(turns[:-1] if shot.ran_before else ()), shot.last(turns[-1])):
        playback.snapshot = snapshot
        window.bridge.poll()
    for name in shot.on:
        window.actions_[name].trigger()
    if shot.unfolded:
        window.side.unfold(shot.unfolded)
    window.preview.repaint()
    shot.hand(window)
    QApplication.processEvents()
    if shot.answer is not None:
        window.store.add(turns[-1], shot.answer)
        window.store.background.wait()
    QApplication.processEvents()
    window.strip.refresh()
    window.histogram.refresh()
    window.why.refresh()
    window.plots.refresh()
    QApplication.processEvents()  # new texts take their room
    path = folder / f"{shot.name}.png"
    sheets = [sheet for sheet in window.findChildren(QDialog) if sheet.isVisible()]
    if not (sheets[0] if sheets else window).grab().save(str(path)):
        raise ConfigError(f"{path} can't be written: name another folder")
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return path
