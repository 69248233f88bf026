"""Pictures that could not be used, and what is said of a camera that sends no others."""

from __future__ import annotations

from autoexposure.errors import CameraError, FrameTimeout, PictureDamaged, PictureError

UNDECODABLE = 10
"""So many pictures in a row that are of another kind than agreed, none merely damaged, and no more is to be hoped for.
Some cameras begin with one or two such."""


class PassedOver:
    """What was wrong with the pictures of one camera.

    Parameters
    ----------
    name : what error messages call the camera.
    if_damaged, if_undecodable : what to do where all pictures are so.
    """

    def __init__(self, name: str, *, if_damaged: str, if_undecodable: str) -> None:
        self._name = name
        self._if_damaged = if_damaged
        self._if_undecodable = if_undecodable
        self._undecodable = 0
        self._last: dict[type[PictureError], str] = {}  # words: an error would keep hold of the picture's buffer

    def begin(self) -> None:
        """A picture is waited for."""
        self._last.clear()

    def add(self, error: PictureError) -> None:
        """One came that can't be used."""
        self._undecodable = 0 if isinstance(error, PictureDamaged) else self._undecodable + 1
        self._last[type(error)] = str(error)

    def end(self) -> None:
        """One came that can."""
        self._undecodable = 0

    def error(self, timeout_s: float) -> CameraError:
        """What to raise where none came that can be used, in ``timeout_s``.

        It is a FrameTimeout, of none or of damaged ones, as long as the next may be whole; else a CameraError.
        """
        if not self._last:
            return FrameTimeout(f"{self._name} delivered no picture within {timeout_s:g} s")
        why = "; ".join(self._last.values())
        if self._undecodable >= UNDECODABLE:
            return CameraError(f"{self._name} delivers pictures that can't be decoded ({why}): {self._if_undecodable}")
        return FrameTimeout(
            f"{self._name} delivered only damaged pictures within {timeout_s:g} s ({why}): {self._if_damaged}"
        )
