"""Every published law there is here, with its source and with what had to be assumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from autoexposure.evaluation.laws.gradient import GradientLaw
from autoexposure.evaluation.laws.law import Law
from autoexposure.evaluation.laws.raspberry_pi import RaspberryPiAgc
from autoexposure.evaluation.laws.ratios import ElphelPercentile, GstAutoexposure, SpinnakerController
from autoexposure.evaluation.laws.steppers import Libv4lAutogain, MeanSampleValuePi, OmniVisionAec, SoftIspStepper


@dataclass(frozen=True, slots=True)
class PublishedLaw:
    """One law.

    Attributes
    ----------
    name : as in ``--laws``. label : as tables show it.
    source : where its rules and constants are published.
    assumed : what its sources leave open, or what was adapted to this camera.
    reckons_frames : delay, as `autoexposure.camera.Capabilities.delay_frames` counts it, that it reckons with where the
        camera's own is not known.
    make : makes one for one camera.
    """

    name: str
    label: str
    source: str
    assumed: str
    reckons_frames: int
    make: Callable[[], Law]


LIBCAMERA_DELAY = 2
"""Frames that libcamera takes a sensor's exposure to need where it knows no better (its DelayedControls)."""

PUBLISHED: tuple[PublishedLaw, ...] = (
    PublishedLaw(
        "rpi_agc",
        "Raspberry Pi AGC",
        "Raspberry Pi Camera Algorithm and Tuning Guide; libcamera, src/ipa/rpi (agc_channel.cpp, imx219.json)",
        "its 15 regions are rings; raw light is what an sRGB curve says of 8 bits; its fast reduction of bright "
        "pictures is off, as there is no digital gain to hide it",
        LIBCAMERA_DELAY,
        RaspberryPiAgc,
    ),
    PublishedLaw(
        "rpi_highlight",
        "Raspberry Pi AGC, highlight",
        "the same, constraint mode 'highlight'",
        "as above",
        LIBCAMERA_DELAY,
        partial(RaspberryPiAgc, highlights=True),
    ),
    PublishedLaw(
        "soft_isp",
        "libcamera software ISP",
        "libcamera, src/ipa/simple/algorithms/agc.cpp",
        "its histogram is of code values, not of raw light, so that its brightness is like that of the others",
        LIBCAMERA_DELAY,
        SoftIspStepper,
    ),
    PublishedLaw(
        "libv4l",
        "libv4l autogain",
        "v4l-utils, lib/libv4lconvert/processing/autogain.c",
        "the default of the time control is half its longest time, that of the gain its lowest; it waits for a delay "
        "that it is told",
        2,
        Libv4lAutogain,
    ),
    PublishedLaw(
        "firmware",
        "firmware (OmniVision AEC)",
        "OmniVision, OV9650 Implementation Guide 1.1 (AEC convergence limits) and OV7670 data sheet (AEW, AEB, VPT)",
        "it waits for its last step to show, as beside the sensor it need not",
        2,
        OmniVisionAec,
    ),
    PublishedLaw(
        "gradient",
        "gradient (Shim 2014)",
        "Shim, Lee, Kweon, IROS 2014, equations 1 to 5",
        "each step counts from the exposure that made the picture",
        0,
        GradientLaw,
    ),
    PublishedLaw(
        "percentile",
        "percentile (Elphel)",
        "Elphel, defaults of AEXP_FRACPIX, AEXP_LEVEL, AE_PERIOD and EXP_AHEAD",
        "it halves the exposure of a white picture, and rests within a tenth EV",
        3,
        ElphelPercentile,
    ),
    PublishedLaw(
        "msv_pi",
        "PI on mean sample value",
        "Nourani-Vatani and Roberts, ACRA 2007; gains of the ROS package auto_exposure_control",
        "its exposure value counts in EV",
        0,
        MeanSampleValuePi,
    ),
    PublishedLaw(
        "spinnaker",
        "Spinnaker ROS controller",
        "spinnaker_synchronized_camera_driver, master_exposure_controller.cpp",
        "the ratio is taken in linear light; without a reported exposure it waits max_frames_skip",
        10,
        SpinnakerController,
    ),
    PublishedLaw(
        "gst",
        "gst-autoexposure",
        "Teledyne e2v, README of gst-autoexposure (target 60, latency 4)",
        "tolerance 5 of 255; raw light is what an sRGB curve says of 8 bits",
        4,
        GstAutoexposure,
    ),
)
"""In the order of tables."""

LEFT_OUT = (
    "drl_exposure_ctrl (RA-L 2024) is a network, and its repository holds no trained one",
    "DRL-AE (CVPR 2024) is a network too; its code and weights were not looked at",
    "active_camera_exposure_control (ICRA 2017) needs a profile of rates that is measured for one camera",
    "ae-video-platform (ICCV 2023) chooses among forty recorded exposures of every frame, which no camera has",
)
"""Peers without a row, and why."""
