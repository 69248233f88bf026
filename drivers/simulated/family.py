"""The family ``sim:``, which is always there."""

from __future__ import annotations

from autoexposure.abilities.moded import PictureMode
from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.family import Family, Kind


def _open(rest: str, clock: Clock | None) -> Camera:
    from drivers.simulated.camera import open_simulated

    return open_simulated(rest, clock=clock)


def _list() -> list[CameraInfo]:
    """The simulated camera before each scene of the gallery, the default one first."""
    from autoexposure.simulation.builtin_scenes import DEFAULT_SCENE, GALLERY

    found = []
    for name in sorted(GALLERY, key=lambda name: name != DEFAULT_SCENE):
        spec = SIMULATED.spec("" if name == DEFAULT_SCENE else f"scene={name}")
        story = (GALLERY[name].__doc__ or "").strip().splitlines()
        found.append(CameraInfo(spec, f"Simulated camera: {name}", spec, story[0].rstrip(".") if story else ""))
    return found


def _in_mode(spec: str, mode: PictureMode) -> str:
    from drivers.simulated.config import in_mode

    return SIMULATED.spec(in_mode(spec.partition(":")[2], mode))


SIMULATED = Family(
    "sim",
    _open,
    list=_list,
    hint="a simulated camera before a scene, sim:scene=cat",
    kind=Kind.SIMULATION,
    names_files=True,
    always_listed=True,
    in_mode=_in_mode,
)

FAMILIES = (SIMULATED,)
