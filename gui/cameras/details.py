"""What the open camera is and what it can do, in words."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from autoexposure.camera import Capabilities, ControlRange
from autoexposure.control.snapshot import Snapshot
from autoexposure.exposure import shutter_text
from autoexposure.spec_text import shown
from gui.actions.actions import Actions
from gui.text import texts
from gui.text.wording import as_sentence
from gui.widgets.controls import ActionButton, label

Row = tuple[str, str]


def capability_rows(capabilities: Capabilities) -> list[Row]:
    """(what, how) of everything a camera can do or can't, in the order it matters."""
    times, gains, base_iso = capabilities.time_s, capabilities.gain, capabilities.base_iso
    rows = [
        (texts.TIME, texts.CAN_NOT if times is None else _range(times, shutter_text, texts.CAN_STEP_TIME, 1e6)),
        (
            texts.ISO,
            texts.CAN_NOT
            if gains is None
            else _range(gains, lambda gain: f"{gain * base_iso:.0f}", texts.CAN_STEP_GAIN, base_iso),
        ),
        (texts.CAN_READ_BACK, _read_back(capabilities)),
        (texts.CAN_DELAY, _delay(capabilities.delay_frames)),
        (texts.CAN_NATIVE, texts.YES if capabilities.native_auto else texts.NO),
    ]
    if capabilities.notice:
        rows.append((texts.CAN_NOTE, as_sentence(capabilities.notice)))
    return rows


def _range(control: ControlRange, words: object, steps: str, scale: float) -> str:
    assert callable(words)
    text = texts.CAN_RANGE.format(low=words(control.minimum), high=words(control.maximum))
    if control.values:
        return f"{text}, {texts.CAN_VALUES.format(count=len(control.values))}"
    return f"{text}, {steps.format(step=control.step * scale)}" if control.step else text


def _read_back(capabilities: Capabilities) -> str:
    if capabilities.reports_exposure:
        return texts.CAN_REPORT
    there = [control for control in (capabilities.time_s, capabilities.gain) if control is not None]
    return texts.YES if there and all(control.reads_back for control in there) else texts.NO


def _delay(delay_frames: tuple[int, int]) -> str:
    shortest, longest = delay_frames
    if shortest == longest:
        return texts.CAN_DELAY_ONE.format(frames=shortest)
    return texts.CAN_DELAY_BETWEEN.format(shortest=shortest, longest=longest)


class CameraSheet(QDialog):
    """The open camera's summary, with the way to measure it; Escape closes it, and it never blocks the window."""

    def __init__(self, parent: QWidget, actions: Actions, snapshot: Snapshot) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.CAMERA_SHEET)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        camera, capabilities = snapshot.camera, snapshot.capabilities
        if camera is None or capabilities is None:
            column.addWidget(label(texts.NOT_READY))
            return
        column.addWidget(label(camera.name, scale=1.3, bold=True))
        rows = [(texts.CAN_SPEC, shown(camera.spec)), (texts.CAN_DETAIL, camera.detail), *capability_rows(capabilities)]
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        for at, (name, value) in enumerate((name, value) for name, value in rows if value):
            caption = label(name, "muted")
            caption.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            said = label(value)
            said.setWordWrap(True)
            said.setMinimumWidth(340)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(caption, at, 0)
            grid.addWidget(said, at, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        measure = ActionButton(actions["probe"])
        measure.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        column.addWidget(measure, 0, Qt.AlignmentFlag.AlignLeft)
        actions["probe"].triggered.connect(self.close)
