"""How large and how often a phone sends pictures, from how long the last ones took."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateConfig:
    """The trade between a sharp preview, a fast loop and the phone's battery.

    Attributes
    ----------
    ladder_px : long sides to choose from. The network looks at 128 x 128 pixels, so even the smallest loses it nothing;
        the rest is for the person who watches.
    first_px : the size to begin with, before anything is known of the link.
    longest_round_s : longest time from sending a picture to its acknowledgement.
    quality, small_quality : JPEG quality, 0 to 1, and the one below ``small_px``.
    busy_interval_s : shortest time between two pictures while the exposure changes.
    calm_interval_s : the same while the exposure stands: encoding and sending are what warms a phone.
    calm_after_s : time since the last change of exposure after which pictures may come slower.
    smoothing : share of a new measurement in the running one.
    patience : rounds in a row that are too long before the pictures get smaller.
    """

    ladder_px: tuple[int, ...] = (160, 240, 320, 480, 640, 960)
    first_px: int = 320
    longest_round_s: float = 0.12
    quality: float = 0.75
    small_quality: float = 0.5
    small_px: int = 320
    busy_interval_s: float = 0.04
    calm_interval_s: float = 0.1
    calm_after_s: float = 3.0
    smoothing: float = 0.4
    patience: int = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What the next picture should be like."""

    long_side_px: int
    quality: float
    interval_s: float


class RateControl:
    """Steps up when the next size would still be quick, down at once to one that is."""

    def __init__(self, config: RateConfig | None = None) -> None:
        self.config = config or RateConfig()
        self._at = self.config.ladder_px.index(self.config.first_px)
        self._round_s: float | None = None
        self._too_long = 0
        self._changed_s = float("-inf")
        self.throughput_bps = 0.0

    def measured(self, size_bytes: int, round_s: float) -> None:
        """A picture of ``size_bytes`` took ``round_s`` from being sent to being acknowledged."""
        if round_s <= 0:
            return
        share = self.config.smoothing
        self.throughput_bps += (size_bytes * 8 / round_s - self.throughput_bps) * (share if self.throughput_bps else 1)
        self._round_s = round_s if self._round_s is None else self._round_s + (round_s - self._round_s) * share
        self._too_long = self._too_long + 1 if round_s > self.config.longest_round_s else 0
        if self._too_long >= self.config.patience:
            self._step_down(round_s)
            return
        up = self._at + 1
        if up < len(self.config.ladder_px) and self._expected_s(up) <= self.config.longest_round_s:
            self._go_to(up)

    def exposure_changed(self, now_s: float) -> None:
        """Something happens: the loop wants to see it soon."""
        self._changed_s = now_s

    def request(self, now_s: float) -> Request:
        """The next picture."""
        config = self.config
        long_side_px = config.ladder_px[self._at]
        busy = now_s - self._changed_s < config.calm_after_s
        return Request(
            long_side_px,
            config.small_quality if long_side_px < config.small_px else config.quality,
            config.busy_interval_s if busy else config.calm_interval_s,
        )

    def _expected_s(self, at: int) -> float:
        """How long a picture of another size would take: as its area, which leans to the careful side."""
        ratio = self.config.ladder_px[at] / self.config.ladder_px[self._at]
        return (self._round_s or 0.0) * ratio * ratio

    def _step_down(self, round_s: float) -> None:
        self._round_s = round_s
        for at in range(self._at - 1, -1, -1):
            if at == 0 or self._expected_s(at) <= self.config.longest_round_s:
                self._go_to(at)
                return

    def _go_to(self, at: int) -> None:
        self._round_s = self._expected_s(at)
        self._at = at
        self._too_long = 0
