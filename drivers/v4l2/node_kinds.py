"""What stands behind a video node, by what it says of itself: a camera, or one of the many things that are none."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import IntEnum

from linuxpy.video.device import Capability

from drivers.common.pictures.formats import FORMATS, Kind


class NodeKind(IntEnum):
    """What a node delivers, in the order in which cameras are offered."""

    CAMERA = 0
    MONOCHROME = 1
    """Grey pictures alone, as of the infra-red camera that a laptop knows faces by."""
    VIRTUAL = 2
    """What another program writes to it, if one does, as with v4l2loopback."""
    PIPELINE = 3
    """The end of a pipeline that somebody has to set up first (V4L2_CAP_IO_MC): it delivers nothing by itself."""
    OTHER = 4
    """No pictures of a camera."""


_OTHERS = {
    Capability.TOUCH: "the raw values of a touch screen",
    Capability.VIDEO_M2M: "a codec or scaler",
    Capability.VIDEO_M2M_MPLANE: "a codec or scaler",
    Capability.VIDEO_OUTPUT: "an output for pictures",
    Capability.VIDEO_OUTPUT_MPLANE: "an output for pictures",
    Capability.META_CAPTURE: "the metadata of a camera, whose pictures come from another node",
    Capability.META_OUTPUT: "parameters for an image processor",
    Capability.VBI_CAPTURE: "teletext and other data of analogue television",
    Capability.SLICED_VBI_CAPTURE: "teletext and other data of analogue television",
    Capability.SDR_CAPTURE: "a software radio",
    Capability.RADIO: "a radio",
}
"""What a node is for that delivers no pictures of a camera; the first that fits counts."""

_NEVER_A_CAMERA = (
    Capability.TOUCH
    | Capability.VIDEO_M2M
    | Capability.VIDEO_M2M_MPLANE
    | Capability.VIDEO_OUTPUT
    | Capability.VIDEO_OUTPUT_MPLANE
)
"""What a node is that captures as well, and all the same no camera: codecs did both before M2M had a name. Others, as
metadata or a tuner, a camera's or a television card's node may have beside its pictures."""

_STAGES = frozenset({"bcm2835-isp", "pispbe", "ipu3-imgu"})
"""Drivers whose capture nodes return what was written to another node, which their capabilities don't say."""

_PIPELINES = re.compile(
    r"\b(intel.?ipu[3-9]|ipu[3-9]|unicam|rp1-cfe|pispbe|rkisp|rkcif|stm32_csi|msm_vfe|qcom-camss|imx\d?-csi|sun\di-csi"
    r"|mxc-isi|mtk-cam|omap3 ?isp)",
    re.IGNORECASE,
)
"""Names, in sysfs, of nodes that belong to a pipeline: distributions hide those of IPU6 from users, who then can't ask
what they are."""

_RASPBERRY_PI = re.compile(r"unicam|rp1-cfe|pispbe|bcm2835", re.IGNORECASE)

_INFRA_RED = re.compile(r"(?<![\w-])IR(?!\w)|infra-?red", re.IGNORECASE)
"""In a camera's name; "RGB-IR" is the colour half of such a pair."""

_STEREO = frozenset({"Y8I", "Y12I"})
"""Grey, of two eyes by turns; not read."""


def kind_of(
    capabilities: int, driver: str, name: str, formats: Collection[str], *, virtual: bool
) -> tuple[NodeKind, str]:
    """The kind of a node, and what it is for where it is no camera.

    Parameters
    ----------
    capabilities : the device_caps of QUERYCAP.
    driver, name : the kernel's words.
    formats : the name of each pixel format it offers; empty if not known.
    virtual : whether no hardware stands behind it.
    """
    captures = bool(capabilities & (Capability.VIDEO_CAPTURE | Capability.VIDEO_CAPTURE_MPLANE))
    if (
        captures and not capabilities & Capability.TOUCH and (virtual or "loopback" in driver)
    ):  # which may announce outputs and a codec as well
        return NodeKind.VIRTUAL, ""
    if not captures or capabilities & _NEVER_A_CAMERA:
        uses = (use for capability, use in _OTHERS.items() if capabilities & capability)
        return NodeKind.OTHER, next(uses, "no source of pictures")
    if driver in _STAGES:
        return NodeKind.OTHER, "a stage of an image processor"
    if capabilities & Capability.IO_MC:
        return NodeKind.PIPELINE, ""
    grey = bool(formats) and all(_is_grey(name) for name in formats)
    return NodeKind.MONOCHROME if grey or _INFRA_RED.search(name) else NodeKind.CAMERA, ""


def _is_grey(name: str) -> bool:
    return name in _STEREO or (name in FORMATS and FORMATS[name].kind is Kind.GREY)


def names_pipeline(name: str) -> bool:
    """Whether a node that can't be asked belongs to a pipeline, by the name that sysfs has for it."""
    return bool(_PIPELINES.search(name))


def without_libcamera(*words: str) -> str:
    """What to do about a camera that only libcamera can start; ``words`` are its names and its driver's."""
    if any(_RASPBERRY_PI.search(word) for word in words):
        return "open it as picamera2:0"
    return (
        "watch it as 'pipewire:', or as the virtual camera that your distribution makes of it (neither lets its "
        "exposure be set), or use a USB camera"
    )
