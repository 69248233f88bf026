"""Which maps are drawn over the picture, and how strongly."""

from __future__ import annotations

import math

from PyQt6.QtCore import QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSlider

from autoexposure.control.snapshot import Snapshot
from gui.actions.actions import Actions
from gui.panels.side_panel import Panel
from gui.preview.mask_brush import RADII, MaskBrush
from gui.preview.overlays import Overlays
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import ActionButton, Segments, Switch, label

LOWEST_OPACITY = 10
LOWEST_ZEBRA_CODE = 100
BRUSH_STEPS = 100
"""Of the brush's slider; the radius grows by the same factor with each."""


class OverlayPanel(Panel):
    """Switches, opacities, the choice between smooth and cells, and the mask's brush.

    Emits the whole ``Overlays`` when one of them changes.
    """

    changed = pyqtSignal(object)

    def __init__(self, theme: Theme, actions: Actions, settings: QSettings, brush: MaskBrush) -> None:
        super().__init__(texts.OVERLAYS)
        self._actions = actions
        self._settings = settings
        self._brush = brush
        kept = _read(settings)
        self._looks = Segments([texts.SMOOTH, texts.CELLS], texts.CELLS, actions["cells"].toolTip())
        self.head.addWidget(self._looks)
        self.folded_changed.connect(self._looks.setHidden)

        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._attention = _percent(kept.attention_opacity, texts.ATTENTION_MAP)
        self._exposure = _percent(kept.exposure_opacity, texts.EXPOSURE_MAP)
        self._level = _slider(LOWEST_ZEBRA_CODE, 255, kept.zebra_code, texts.ZEBRA_LEVEL)
        rows = (
            ("attention", texts.ATTENTION_MAP, self._attention, kept.attention),
            ("exposure_map", texts.EXPOSURE_MAP, self._exposure, kept.exposure),
            ("zebra", texts.ZEBRA, self._level, kept.zebra),
        )
        for row, (name, text, slider, on) in enumerate(rows):
            grid.addWidget(_caption(text, actions[name]), row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(Switch(actions[name], theme), row, 2)
            slider.setEnabled(on)
            slider.valueChanged.connect(self._tell)
            actions.check(name, on)
            actions[name].toggled.connect(slider.setEnabled)
            actions[name].toggled.connect(self._tell)
        self._size = _slider(0, BRUSH_STEPS, _step_of(brush.radius), texts.BRUSH_SIZE)
        self._size.valueChanged.connect(lambda step: brush.resize(_radius_of(step) / brush.radius))
        brush.changed.connect(self._follow_brush)
        grid.addWidget(_caption(texts.MASK, actions["mask"]), len(rows), 0)
        painted = QHBoxLayout()
        painted.addWidget(self._size, 1)
        painted.addWidget(ActionButton(actions["mask_clear"], role="flat", icon_px=14))
        grid.addLayout(painted, len(rows), 1)
        grid.addWidget(Switch(actions["mask"], theme), len(rows), 2)
        self._size.setEnabled(actions["mask"].isChecked())
        actions["mask"].toggled.connect(self._size.setEnabled)
        self.body.addLayout(grid)
        pair = QHBoxLayout()
        pair.setSpacing(10)
        for name, text, on in (
            ("false_colour", texts.FALSE_COLOUR, kept.false_colour),
            ("clipping", texts.CLIPPING, kept.clipping),
        ):
            if name == "clipping":
                pair.addStretch(1)
            pair.addWidget(_caption(text, actions[name]))
            pair.addWidget(Switch(actions[name], theme))
            actions.check(name, on)
            actions[name].toggled.connect(self._tell)
        self.body.addLayout(pair)
        actions.check("cells", kept.cells)
        self._looks.choose(int(kept.cells))
        self._looks.chosen.connect(lambda index: actions["cells"].setChecked(bool(index)))
        actions["cells"].toggled.connect(lambda on: self._looks.choose(int(on)))
        actions["cells"].toggled.connect(self._tell)

    @property
    def overlays(self) -> Overlays:
        """The present choice."""
        return Overlays(
            attention=self._actions["attention"].isChecked(),
            exposure=self._actions["exposure_map"].isChecked(),
            false_colour=self._actions["false_colour"].isChecked(),
            zebra=self._actions["zebra"].isChecked(),
            clipping=self._actions["clipping"].isChecked(),
            attention_opacity=self._attention.value() / 100,
            exposure_opacity=self._exposure.value() / 100,
            cells=self._actions["cells"].isChecked(),
            zebra_code=self._level.value(),
        )

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Offer only the maps that the present meter draws."""
        self._actions.allow("mask_clear", texts.NO_MASK if snapshot.mask is None else "")
        decision = snapshot.decision
        if decision is None:
            return  # paused or handed over for now: what was offered stays
        self._actions.allow("attention", texts.NO_MAP if decision.attention is None else "")
        self._actions.allow("exposure_map", texts.NO_MAP if decision.exposure_map is None else "")

    def _follow_brush(self) -> None:
        self._size.blockSignals(True)  # showing is not asking
        self._size.setValue(_step_of(self._brush.radius))
        self._size.blockSignals(False)

    def _tell(self) -> None:
        overlays = self.overlays
        for name in Overlays.__dataclass_fields__:
            self._settings.setValue(f"overlays/{name}", getattr(overlays, name))
        self.changed.emit(overlays)


def _caption(text: str, action: QAction) -> QLabel:
    caption = label(text)
    caption.setToolTip(action.toolTip())
    return caption


def _percent(opacity: float, overlay: str) -> QSlider:
    return _slider(LOWEST_OPACITY, 100, round(opacity * 100), texts.OPACITY_OF.format(overlay=overlay))


def _slider(lowest: int, highest: int, value: int, name: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(lowest, highest)
    slider.setValue(value)
    slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    slider.setAccessibleName(name)
    slider.setToolTip(name)
    return slider


def _radius_of(step: int) -> float:
    return float(RADII[0] * (RADII[1] / RADII[0]) ** (step / BRUSH_STEPS))


def _step_of(radius: float) -> int:
    return round(BRUSH_STEPS * math.log(radius / RADII[0]) / math.log(RADII[1] / RADII[0]))


def _read(settings: QSettings) -> Overlays:
    """What was chosen last time; each value as its default where nothing, or nonsense, was kept."""
    default = Overlays()

    def kept(name: str, kind: type) -> object:
        value = getattr(default, name)
        try:
            return settings.value(f"overlays/{name}", value, type=kind)
        except TypeError:  # the file was edited by hand
            return value

    def opacity(name: str) -> float:
        return min(1.0, max(LOWEST_OPACITY / 100, float(str(kept(f"{name}_opacity", float)))))

    return Overlays(
        attention=bool(kept("attention", bool)),
        exposure=bool(kept("exposure", bool)),
        false_colour=bool(kept("false_colour", bool)),
        zebra=bool(kept("zebra", bool)),
        clipping=bool(kept("clipping", bool)),
        attention_opacity=opacity("attention"),
        exposure_opacity=opacity("exposure"),
        cells=bool(kept("cells", bool)),
        zebra_code=min(255, max(LOWEST_ZEBRA_CODE, int(str(kept("zebra_code", int))))),
    )
