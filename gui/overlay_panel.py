"""Which maps are drawn over the picture, and how strongly."""

from __future__ import annotations

from PyQt6.QtCore import QSettings, Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QSlider

from autoexposure.snapshot import Snapshot
from gui import texts
from gui.actions import Actions
from gui.controls import Card, Segments, Switch, label
from gui.overlays import Overlays
from gui.theme import Theme

LOWEST_OPACITY = 10
LOWEST_CLIPPING_CODE = 200


class OverlayPanel(Card):
    """Switches, opacities and the choice between smooth and cells; emits the whole ``Overlays`` when one changes."""

    changed = pyqtSignal(object)

    def __init__(self, theme: Theme, actions: Actions, settings: QSettings) -> None:
        super().__init__(texts.OVERLAYS)
        self._actions = actions
        self._settings = settings
        kept = _read(settings)
        self._looks = Segments([texts.SMOOTH, texts.CELLS], texts.CELLS, actions["cells"].toolTip())
        self.head.addWidget(self._looks)

        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        self._attention = _percent(kept.attention_opacity, texts.ATTENTION_MAP)
        self._exposure = _percent(kept.exposure_opacity, texts.EXPOSURE_MAP)
        self._level = QSlider(Qt.Orientation.Horizontal)
        self._level.setRange(LOWEST_CLIPPING_CODE, 255)
        self._level.setValue(kept.clipping_code)
        self._level.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._level.setAccessibleName(texts.CLIPPING_LEVEL)
        self._level.setToolTip(texts.CLIPPING_LEVEL)
        rows = (
            ("attention", texts.ATTENTION_MAP, self._attention, kept.attention),
            ("exposure_map", texts.EXPOSURE_MAP, self._exposure, kept.exposure),
            ("clipping", texts.CLIPPING, self._level, kept.clipping),
        )
        for row, (name, text, slider, on) in enumerate(rows):
            caption = label(text)
            caption.setToolTip(actions[name].toolTip())
            grid.addWidget(caption, row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(Switch(actions[name], theme), row, 2)
            slider.setEnabled(on)
            slider.valueChanged.connect(self._tell)
            actions.check(name, on)
            actions[name].toggled.connect(slider.setEnabled)
            actions[name].toggled.connect(self._tell)
        self.body.addLayout(grid)
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
            clipping=self._actions["clipping"].isChecked(),
            attention_opacity=self._attention.value() / 100,
            exposure_opacity=self._exposure.value() / 100,
            cells=self._actions["cells"].isChecked(),
            clipping_code=self._level.value(),
        )

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Offer only the maps that the present meter draws."""
        decision = snapshot.decision
        if decision is None:
            return  # paused or handed over for now: what was offered stays
        self._actions.allow("attention", texts.NO_MAP if decision.attention is None else "")
        self._actions.allow("exposure_map", texts.NO_MAP if decision.exposure_map is None else "")

    def _tell(self) -> None:
        overlays = self.overlays
        for name in Overlays.__dataclass_fields__:
            self._settings.setValue(f"overlays/{name}", getattr(overlays, name))
        self.changed.emit(overlays)


def _percent(opacity: float, overlay: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(LOWEST_OPACITY, 100)
    slider.setValue(round(opacity * 100))
    slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    slider.setAccessibleName(texts.OPACITY_OF.format(overlay=overlay))
    slider.setToolTip(texts.OPACITY_OF.format(overlay=overlay))
    return slider


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
        clipping=bool(kept("clipping", bool)),
        attention_opacity=opacity("attention"),
        exposure_opacity=opacity("exposure"),
        cells=bool(kept("cells", bool)),
        clipping_code=min(255, max(LOWEST_CLIPPING_CODE, int(str(kept("clipping_code", int))))),
    )
