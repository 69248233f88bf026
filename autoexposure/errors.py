"""Everything that can go wrong, as one small tree a caller can act on.

Drivers and policies translate at their own edge (``raise CameraDisconnected(...) from error``), so that
above them only these classes are seen. Each message is one sentence that says what was wrong and what to do.
"""

from autoexposure.plain_text import plain

LONGEST_MESSAGE = 6000
"""Characters: the longest path there is (4096) and the words around it."""


class AutoexposureError(Exception):
    """The root: catch it where a sentence for the user is made of the error.

    Messages quote what others wrote (servers, devices, names of files), so they are made plain here, for all who show
    them.
    """

    def __init__(self, *words: object) -> None:
        super().__init__(*(plain(word, LONGEST_MESSAGE) for word in words))


class CameraError(AutoexposureError):
    """Something about a camera that none of the classes below says better."""


class CameraNotFound(CameraError):
    """No camera answers to this name: it was never there. One that was there and left is CameraDisconnected."""


class CameraBusy(CameraError):
    """The camera exists, but another program (or a missing permission) keeps us from it."""


class ControlTaken(CameraBusy):
    """The exposure can't be set because the camera's automatic is on again, by another program's doing."""


class SettledOtherwise(CameraError):
    """Everything was put back and accepted, yet the camera settled on other values: trying again changes nothing."""


class CameraDisconnected(CameraError):
    """The camera was open and is gone. The loop reconnects; one late picture alone is FrameTimeout."""


class FrameTimeout(CameraError):
    """No picture arrived in the time allowed; the camera may still be there. The loop counts these."""


class UnsupportedControl(CameraError):
    """The camera does not have the control that was asked for (a value out of range is clamped, not this)."""


class PolicyError(AutoexposureError):
    """A policy failed on a picture. The loop falls back to a classical meter."""


class ModelFileError(AutoexposureError):
    """A model file is missing, damaged or made for something else; raised before any of it is used."""


class PictureError(AutoexposureError):
    """Encoded bytes are no picture that is taken: damaged, far too large, or of another kind."""


class PictureDamaged(PictureError):
    """A picture of a kind that is taken, parts of which are missing or wrong; the next one may be whole."""


class SceneError(AutoexposureError):
    """A scene for the simulated camera cannot be read as a picture."""


class FeedbackError(AutoexposureError):
    """The user's answers can't be stored or read (disk full, locked, damaged); pictures and exposure go on."""


class RecordingError(AutoexposureError):
    """A recording can't be written any more (disk full, camera changed) or read (damaged, something else)."""


class VirtualCameraError(AutoexposureError):
    """Pictures can't be handed to other programs: no virtual camera device, or it refuses them."""


class ProbeError(AutoexposureError):
    """Measuring a camera came to no result: too dark, no picture, light that changes."""


class ProbeCancelled(ProbeError):
    """Measuring a camera was ended on request; it is as it was before."""


class ConfigError(AutoexposureError):
    """A setting, option or camera specification is malformed; the message says what was expected and given."""


class Stopped(AutoexposureError):
    """A signal ended long work between two steps; what was done is kept and the message says how to go on.

    Raised by the callbacks that work reports to; what has something to keep catches it, keeps that and raises it on.
    ``signal`` is the signal's number; the program exits with 128 more.
    """

    def __init__(self, signal: int, message: str) -> None:
        super().__init__(message)
        self.signal = signal
