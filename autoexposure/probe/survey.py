"""Survey: samples of one scene under many settings, and what they say together about time, gain and response."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median

import numpy as np

from autoexposure.exposure import Exposure
from autoexposure.probe.control_points import Point, dead_zones, is_stepped, step_centres
from autoexposure.probe.light_fit import LightFit, Numbers, choose_anchors, fit_light
from autoexposure.probe.places import choose_places, contrast_ev
from autoexposure.probe.rig import Sample, Stand

ENOUGH_PLACES = 90
"""Places of the 3600 (1200 blocks, 3 channels) that must be neither clipped nor dark for a sample to be of use."""

REFERENCE_EVERY = 6
"""Samples between two of the reference setting, which show whether the light itself changes."""

CHANGED_CODES = 8.0
"""The reference's places may differ by this (median) from the first time; slow drift below it is taken out. If they
differ by more, what was sampled since the last reference is thrown away and sampled again once the light is back."""

TIME_CODES = ("exposure_time_absolute", "exposure")
GAIN_CODES = ("gain", "analogue_gain", "iso_sensitivity", "digital_gain")
"""What drivers call the raw values behind a time and a gain, where there are any."""

LIGHT_BACK_S = 25.0
"""How long to wait for that in total; what can't be sampled again by then is left out."""


class Survey:
    """Collects samples; `fit` turns them into light.

    Parameters
    ----------
    stand : takes the samples.
    reference : a setting with a well exposed picture.
    base_gain : the gain under which exposure times are measured.
    timed : whether exposure times can be set that have a unit. Without them a response curve can't be told from a law.
    flicker_ev : how far lamps swing from dark to bright.

    Attributes
    ----------
    samples : all that were taken and kept, references among them.
    drift_ev : how far the scene's light drifted, once `fit` has run.
    contrast_ev : how far the scene's dark and bright places are apart, once `fit` has run.
    changes : how often the light changed enough for samples to be discarded.
    found : the last fit.
    """

    def __init__(
        self, stand: Stand, reference: Exposure, base_gain: float, *, timed: bool, flicker_ev: float = 0.0
    ) -> None:
        self.stand = stand
        self.reference = reference
        self.base_gain = base_gain
        self.samples: list[Sample] = []
        self.drift_ev = 0.0
        self.contrast_ev = 0.0
        self.changes = 0
        self._waited_s = 0.0
        self.found: LightFit | None = None
        self._timed = timed
        self._flicker_ev = flicker_ev
        self._references: list[int] = []
        self._light: dict[tuple[float, float], list[float]] = {}
        self._offset_ev = 0.0

    def look_at(self, exposure: Exposure) -> bool:
        """Take a sample; False if hardly any of the picture is of use."""
        if not self._references:
            self._refer(self.stand.sample(self.reference))
        if len(self.samples) - self._references[-1] > REFERENCE_EVERY:
            self.check_light()
        self.samples.append(self.stand.sample(exposure))
        if self.samples[-1].usable >= ENOUGH_PLACES:
            return True
        repeated = self.check_light()  # too dark, or did a lamp go off?
        return bool(repeated) and repeated[-1].usable >= ENOUGH_PLACES

    def check_light(self) -> list[Sample]:
        """Look at the reference again; where the light changed, wait for it and repeat what was sampled since."""
        if not self._references:
            return []
        since = self.samples[self._references[-1] + 1 :]
        now = self.stand.sample(self.reference)
        if not self._changed(now):
            self._refer(now)
            return since
        self.changes += 1
        del self.samples[self._references[-1] + 1 :]
        if self._waited_s > LIGHT_BACK_S:
            return []
        began_s = now.at_s
        while self._changed(now) and now.at_s - began_s < LIGHT_BACK_S:
            now = self.stand.sample(self.reference)
        self._waited_s += now.at_s - began_s
        if self._changed(now):
            return []
        self._refer(now)
        repeated = [self.stand.sample(sample.asked) for sample in since]
        self.samples += repeated
        return repeated

    def _refer(self, sample: Sample) -> None:
        self._references.append(len(self.samples))
        self.samples.append(sample)

    def _changed(self, reference: Sample) -> bool:
        first = self.samples[self._references[0]]
        return float(np.median(np.abs(reference.places - first.places))) > CHANGED_CODES

    def has(self, exposure: Exposure) -> bool:
        """Whether there is a sample of it already."""
        return any(sample.asked == exposure for sample in self.samples)

    def fit(self) -> None:
        """Work out the light of every sample, and from it what each time and each gain contributes."""
        pictures = np.stack([sample.places.reshape(-1) for sample in self.samples]).astype(np.float64)
        roughness = np.stack([sample.roughness.reshape(-1) for sample in self.samples]).astype(np.float64)
        noise = np.array([sample.noise for sample in self.samples])
        asked_ev = np.array([sample.asked.ev for sample in self.samples])
        pictures = pictures[:, choose_places(pictures, roughness, noise, asked_ev)]
        self.contrast_ev = contrast_ev(pictures, noise, asked_ev)
        unknown = np.full(len(self.samples), math.nan)
        anchors = unknown
        if self._timed:
            # A first fit with sRGB shows which times can be believed; only then is the curve set free.
            self._sort_out(fit_light(pictures, noise, unknown, free_curve=False, flicker_ev=self._flicker_ev).light_ev)
            anchors = self._anchors()
        self.found = fit_light(pictures, noise, anchors, free_curve=self._timed, flicker_ev=self._flicker_ev)
        self._sort_out(self.found.light_ev)
        self._offset_ev = self._zero_ev(anchors)

    def time_points(self) -> list[Point]:
        """Every exposure time whose light is known, rising."""
        times, _ = self._contributions()
        points = []
        for time_s in sorted(times):
            said, codes, _ = self._of(partial(_asked, "time_s", time_s))
            light_ev = times[time_s] - self._offset_ev
            points.append(Point(time_s, light_ev, None if said is None else said.time_s, _code(codes, TIME_CODES)))
        return points

    def gain_points(self) -> list[Point]:
        """Every gain whose light is known, rising; 0 EV is the lowest of them."""
        _, gains = self._contributions()
        points = []
        for gain in sorted(gains):
            said, codes, noise = self._of(partial(_asked, "gain", gain))
            light_ev = gains[gain] - gains[min(gains)]
            told = None if said is None else said.gain
            points.append(Point(gain, light_ev, told, _code(codes, GAIN_CODES), noise))
        return points

    def _of(self, chosen: Callable[[Sample], bool]) -> tuple[Exposure | None, dict[str, float], float]:
        samples = [sample for sample in self.samples if chosen(sample)]
        noise = [sample.noise for sample in samples if math.isfinite(sample.noise)]
        last = samples[-1]
        return last.read_back, dict(last.codes), median(noise) if noise else math.nan

    def _sort_out(self, light_ev: Numbers) -> None:
        """Take the drift of the scene's light out, and gather the samples by their setting."""
        references = [i for i in self._references if math.isfinite(light_ev[i])]
        drift = np.zeros(len(self.samples))
        if len(references) > 1:
            at_s = [self.samples[i].at_s for i in references]
            change = light_ev[references] - light_ev[references[0]]
            drift = np.interp([sample.at_s for sample in self.samples], at_s, change)
            self.drift_ev = float(np.ptp(change))
        self._light = {}
        for sample, light, moved in zip(self.samples, light_ev, drift, strict=True):
            if math.isfinite(light):
                key = (sample.asked.time_s, sample.asked.gain)
                self._light.setdefault(key, []).append(float(light - moved))

    def _contributions(self) -> tuple[dict[float, float], dict[float, float]]:
        """Light of each time at the base gain, and of each gain over it: light = time's part + gain's part.

        Few pairs were sampled, so the parts are found one from another: from the base gain's samples the times, from
        samples with a known time the gains, from those more times, until nothing new comes. Medians, because one sample
        may be off.
        """
        times: dict[float, float] = {}
        gains = {self.base_gain: 0.0}
        while True:
            known = len(times) + len(gains)
            for time_s in {key[0] for key in self._light} - times.keys():
                parts = [
                    median(light) - gains[g] for (t, g), light in self._light.items() if t == time_s and g in gains
                ]
                if parts:
                    times[time_s] = median(parts)
            for gain in {key[1] for key in self._light} - gains.keys():
                parts = [median(light) - times[t] for (t, g), light in self._light.items() if g == gain and t in times]
                if parts:
                    gains[gain] = median(parts)
            if len(times) + len(gains) == known:
                return times, gains

    def _anchors(self) -> Numbers:
        """log2 of what a sample's time should be, where it is at the base gain and can be believed; else NaN.

        A time that does what it says is what it says; a camera with steps of its own rounds to about their middles.
        """
        times, _ = self._contributions()
        asked = sorted({t for t, g in self._light if g == self.base_gain})
        light = [times[t] for t in asked]
        if is_stepped(asked, dead_zones(asked, light)):
            believed = dict(zip(asked, step_centres(asked, light), strict=True))
        else:
            trusted = choose_anchors(np.log2(np.array(asked)), np.array(light))
            believed = {t: t for t, good in zip(asked, trusted, strict=True) if good}
        return np.array(
            [
                math.log2(believed.get(sample.asked.time_s, math.nan))
                if sample.asked.gain == self.base_gain
                else math.nan
                for sample in self.samples
            ]
        )

    def _zero_ev(self, anchors: Numbers) -> float:
        """What to subtract so that the times that can be trusted have the light that they should.

        Where none can, for want of a unit, the longest one counts as what it was guessed to be.
        """
        times, _ = self._contributions()
        should = {s.asked.time_s: ev for s, ev in zip(self.samples, anchors, strict=True) if math.isfinite(ev)}
        off = [times[t] - ev for t, ev in should.items() if t in times]
        if not off and times and not self._timed:
            off = [times[max(times)] - math.log2(max(times))]
        return median(off) if off else 0.0


def _asked(control: str, value: float, sample: Sample) -> bool:
    return bool(getattr(sample.asked, control) == value)


def _code(codes: Mapping[str, float], names: Sequence[str]) -> int | None:
    """The whole number behind the first of these controls that there is; None if there is none."""
    code = next((codes[name] for name in names if name in codes), None)
    return None if code is None or code != int(code) else int(code)
