"""What measuring a camera found, line by line."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QScrollArea, QWidget

from autoexposure.probe.report import report
from autoexposure.profiles.profile import CameraProfile
from gui.text import texts
from gui.text.wording import as_sentence
from gui.widgets.controls import label, wrapped

LEAST_HEIGHT_PX = 190
"""All lines of a usual camera; with more, or on a small screen, they scroll."""


class ProbeTable(QScrollArea):
    """The report on a profile, in two columns; the words can be selected and copied."""

    def __init__(self, profile: CameraProfile) -> None:
        super().__init__()
        table = QWidget()
        table.setObjectName("scrolled")
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for row, line in enumerate(report(profile)):
            what, found = label(line.what.capitalize(), "muted"), wrapped(as_sentence(line.found))
            for words in (what, found):
                words.setAlignment(Qt.AlignmentFlag.AlignTop)
            found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(what, row, 0)
            grid.addWidget(found, row, 1)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName(texts.PROBE_REPORT)
        self.setMinimumHeight(LEAST_HEIGHT_PX)
        self.setWidget(table)
