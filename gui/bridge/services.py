"""What the window needs from the floors below, as one record that ``app.py`` fills in and tests fill with fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from PyQt6.QtCore import QSettings

from autoexposure.camera import Camera, CameraInfo
from autoexposure.control.commands import Command
from autoexposure.control.snapshot import Snapshot
from autoexposure.evaluation.comparison_log import keep_verdict
from autoexposure.family import Family
from autoexposure.feedback.store import FeedbackStore
from autoexposure.files.own_folders import exports_folder, recordings_folder
from autoexposure.frame import Pixels
from autoexposure.metering.policy import Policy
from autoexposure.phone_status import PhoneStatus
from autoexposure.recording.sink import Outlet
from gui.bridge.personal import PersonalServices


class LoopPort(Protocol):
    """What a window does with a control loop; nothing blocks."""

    def latest(self) -> Snapshot | None: ...

    def send(self, command: Command) -> None: ...

    def add_sink(self, sink: Callable[[Snapshot], None]) -> None: ...

    def remove_sink(self, sink: Callable[[Snapshot], None]) -> None: ...


class PhonePort(Protocol):
    """What a window does with the phone that is the camera; nothing here blocks."""

    def status(self) -> PhoneStatus | None: ...

    def renew(self) -> None:
        """Show another code."""

    def dismiss(self) -> None:
        """Send the phone away, and show a code again."""

    def stop(self) -> None:
        """Serve no page any more once the loop has another camera."""


@dataclass(frozen=True, slots=True)
class MeterChoice:
    """A meter the user can pick: ``name`` is the policy's own, ``make_policy`` runs in the loop's thread."""

    name: str
    make_policy: Callable[[], Policy]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the window.

    Attributes
    ----------
    loop : the control loop.
    list_cameras : every camera there is, simulated ones included; may block, so it is asked in the background.
    open_camera : makes a camera of a specification; runs in the loop's thread.
    loaded_family : the family of a listed or open camera by its specification; None for any other.
    watched_files : patterns of the files that come and go with cameras; asked in the background.
    simulated : the family of the gallery's scenes.
    recordings : the family that plays a file.
    phone : the family that the phone panel belongs to.
    meters : what can be chosen, best first; the window makes the network as the chosen person uses it (``personal``).
    open_feedback : opens the store of answers; runs in the background, as does everything done with the store.
    settings : where the window remembers its layout and choices.
    render_scene : the (H, W, 3) uint8 picture of a simulated camera; asked in the background.
    virtual_camera : a new sink of the loop that shows pictures to other programs.
    camera_spec : what the loop was told to open at first, empty for the first camera found.
    personal : a person's own models, and training them.
    exports_folder : where tables and pictures are saved.
    recordings_folder : where recordings go, each a new file.
    keep_verdict : writes one verdict of a blind comparison to the disk; called in the background.
    find_phone : the switchboard of the phone camera; loads it, so only to be called when a phone is the camera.
    """

    loop: LoopPort
    list_cameras: Callable[[], Sequence[CameraInfo]]
    open_camera: Callable[[str], Camera]
    meters: tuple[MeterChoice, ...]
    open_feedback: Callable[[], FeedbackStore]
    settings: QSettings
    loaded_family: Callable[[str], Family | None]
    watched_files: Callable[[], Sequence[str]]
    simulated: Family
    recordings: Family
    phone: Family
    find_phone: Callable[[], PhonePort]
    personal: PersonalServices
    render_scene: Callable[[str], Pixels]
    virtual_camera: Callable[[], Outlet[Any]]
    camera_spec: str = ""
    exports_folder: Path = field(default_factory=exports_folder)
    recordings_folder: Path = field(default_factory=recordings_folder)
    keep_verdict: Callable[[Mapping[str, Any]], None] = keep_verdict
