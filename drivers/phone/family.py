"""The family ``phone:``."""

from __future__ import annotations

from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.errors import CameraNotFound
from autoexposure.extras import first_missing, not_installed
from autoexposure.family import Family, Kind


def _open(rest: str, _clock: Clock | None) -> Camera:
    if missing := _missing():
        raise CameraNotFound(missing)
    from drivers.phone.camera import open_phone

    return open_phone(rest)


def _list() -> list[CameraInfo]:
    """One entry whether a phone is there or not: it can't be found before it has come."""
    spec = PHONE.spec()
    return [CameraInfo(spec, "A phone's browser", spec, _missing() or "shows a code to scan; no app to install")]


def _missing() -> str:
    """What has to be installed before a phone can be the camera, in words; mostly nothing."""
    missing = first_missing("aiohttp", "cryptography", "segno")
    return not_installed(f"a phone as the camera needs {missing}", "phone") if missing else ""


PHONE = Family(
    "phone",
    _open,
    list=_list,
    hint="a phone's browser, which scans a code, phone:",
    kind=Kind.PHONE,
    always_listed=True,
)

FAMILIES = (PHONE,)
