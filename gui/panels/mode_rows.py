"""Size, frame rate and format of the camera's pictures, as far as there is a choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QWidget

from autoexposure.abilities.moded import PictureMode
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.choice import Choice
from gui.widgets.controls import label

SAME_RATE_FPS = 0.01
"""Rates no further apart are one: 29.97 and 30 are two."""


class ModeRows(QWidget):
    """Emits ``asked`` with the PictureMode that the user wants; what they did not choose is left to the driver."""

    asked = pyqtSignal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.chosen: PictureMode | None = None
        self._modes: tuple[PictureMode, ...] = ()
        self._mode: PictureMode | None = None
        self._hindrance = ""
        self.size_ = Choice(theme, texts.MODE_SIZE, texts.MODE_SIZE_TIP)
        self.rate = Choice(theme, texts.MODE_RATE, texts.MODE_RATE_TIP)
        self.format = Choice(theme, texts.MODE_FORMAT, texts.MODE_FORMAT_TIP)
        self._sizes: list[tuple[int, int]] = []
        self._fourccs: list[str] = []
        self.size_.asked.connect(lambda index: self._ask(size_px=self._sizes[int(index)]))
        self.rate.asked.connect(lambda rate_fps: self._ask(rate_fps=rate_fps))
        self.format.asked.connect(lambda index: self._ask(fourcc=self._fourccs[int(index)]))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 4)
        grid.setColumnStretch(2, 3)
        grid.addWidget(label(texts.MODE), 0, 0)
        grid.addWidget(self.size_, 0, 1)
        grid.addWidget(self.rate, 0, 2)
        self._format_caption = label(texts.MODE_FORMAT)
        grid.addWidget(self._format_caption, 1, 0)
        grid.addWidget(self.format, 1, 1, 1, 2)
        self.hide()

    def choose(self, chosen: PictureMode | None) -> None:
        """Note what the user chose for this camera before; None for nothing."""
        if chosen != self.chosen:
            self.chosen = chosen
            self._fill()

    def show_modes(self, modes: tuple[PictureMode, ...], mode: PictureMode | None, hindrance: str) -> None:
        """Offer these, and show which is in use; while there is a ``hindrance`` what was offered stays, greyed."""
        if hindrance != self._hindrance:
            self._hindrance = hindrance
            for choice, tip in (
                (self.size_, texts.MODE_SIZE_TIP),
                (self.rate, texts.MODE_RATE_TIP),
                (self.format, texts.MODE_FORMAT_TIP),
            ):
                choice.setEnabled(not hindrance)
                choice.setToolTip(hindrance or tip)
        if hindrance or (modes, mode) == (self._modes, self._mode):
            return
        self._modes, self._mode = modes, mode
        self._fill()

    def _fill(self) -> None:
        modes, mode = self._modes, self._mode
        self.setVisible(bool(modes) and mode is not None)
        if not modes or mode is None:
            return
        fourcc = self._standing(mode).fourcc
        self._sizes = list(dict.fromkeys(one.size_px for one in (*modes, mode)))
        self._sizes.sort(key=lambda size_px: -size_px[0] * size_px[1])
        sizes = [texts.STATUS_SIZE.format(width=width, height=height) for width, height in self._sizes]
        self.size_.set_choices([(text, float(index)) for index, text in enumerate(sizes)])
        self.size_.show_value(float(self._sizes.index(mode.size_px)))
        rates = rates_at(modes, mode.size_px, fourcc) or list(mode.rates_fps)
        self.rate.set_choices([(texts.MODE_RATE_VALUE.format(rate=round(rate, 2)), rate) for rate in rates])
        if mode.rates_fps:
            self.rate.show_value(mode.rates_fps[0])
        here = [one.fourcc for one in modes if one.size_px == mode.size_px and one.fourcc]
        self._fourccs = ["", *dict.fromkeys(here)]
        there = any(one.fourcc for one in modes)
        self._format_caption.setVisible(there)
        self.format.setVisible(there)
        words = [texts.MODE_AUTO if fourcc else texts.MODE_AUTO_USES.format(fourcc=mode.fourcc), *self._fourccs[1:]]
        self.format.set_choices([(text, float(index)) for index, text in enumerate(words)])
        self.format.show_value(float(self._fourccs.index(fourcc) if fourcc in self._fourccs else 0))

    def _ask(
        self, *, size_px: tuple[int, int] | None = None, rate_fps: float | None = None, fourcc: str | None = None
    ) -> None:
        assert self._mode is not None
        before = self._standing(self._mode)
        wanted = wanted_mode(self._modes, before, size_px=size_px, rate_fps=rate_fps, fourcc=fourcc)
        if wanted != before:
            self.asked.emit(wanted)

    def _standing(self, mode: PictureMode) -> PictureMode:
        """What the user chose of the mode in use; the rest was left to the driver, or given otherwise."""
        if self.chosen is not None and self.chosen.size_px == mode.size_px and self.chosen.fourcc in ("", mode.fourcc):
            return self.chosen
        return replace(mode, fourcc="", rates_fps=())


def rates_at(modes: Sequence[PictureMode], size_px: tuple[int, int], fourcc: str = "") -> list[float]:
    """Frame rates offered at a size, in one format or in any, fastest first."""
    offered = sorted(
        (rate for one in modes if one.size_px == size_px and fourcc in ("", one.fourcc) for rate in one.rates_fps),
        reverse=True,
    )
    return [rate for at, rate in enumerate(offered) if at == 0 or offered[at - 1] - rate > SAME_RATE_FPS]


def wanted_mode(
    modes: Sequence[PictureMode],
    chosen: PictureMode,
    *,
    size_px: tuple[int, int] | None = None,
    rate_fps: float | None = None,
    fourcc: str | None = None,
) -> PictureMode:
    """``chosen`` with one part chosen anew; what no longer goes with it is left to the driver again.

    The size stands above all, then what was chosen just now.
    """
    width_px, height_px = size_px or chosen.size_px
    rates_fps = chosen.rates_fps if rate_fps is None else (rate_fps,)
    letters = chosen.fourcc if fourcc is None else fourcc

    def offered(letters: str, rates_fps: tuple[float, ...]) -> bool:
        there = rates_at(modes, (width_px, height_px), letters)
        return all(any(abs(rate - one) <= SAME_RATE_FPS for one in there) for rate in rates_fps)

    here = {one.fourcc for one in modes if one.size_px == (width_px, height_px)}
    if letters not in here or (rate_fps is not None and not offered(letters, rates_fps)):
        letters = ""
    if not offered(letters, rates_fps):
        rates_fps = ()
    return PictureMode(letters, width_px, height_px, rates_fps)
