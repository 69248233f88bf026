"""A plug-in's record of its family, with every call in it guarded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from importlib.metadata import EntryPoint
from itertools import islice

from autoexposure.abilities.moded import PictureMode
from autoexposure.abilities.playable import Playable
from autoexposure.camera import Camera, CameraInfo
from autoexposure.clock import Clock
from autoexposure.errors import CameraError, ConfigError
from autoexposure.family import Family
from drivers.plugins.blame import Watch, kind_of, said
from drivers.plugins.camera import PlayablePlugin, PluginCamera, what_is_missing

MOST_CAMERAS = 1000
"""More are not taken from one list: it may be endless."""


def load_family(entry: EntryPoint) -> Family:
    """The family that an entry point names: a Family, or a callable that takes what stands behind the colon.

    Raises ConfigError if the plug-in can't be loaded or holds neither.
    """
    name = f"the camera plug-in {entry.name!r} ({entry.value})"
    with closing(Watch(name)) as watch, watch.waiting("loading"):
        loaded = _load(entry, name)
    if not isinstance(loaded, Family):
        opener: Callable[[str], Camera] = loaded
        return _Guard(name, Family(entry.name, lambda rest, _clock: opener(rest))).family()
    if loaded.name != entry.name:
        raise ConfigError(f"{name} holds the family {loaded.name!r}, which is not its own name: update or remove it")
    return _Guard(name, loaded).family()


class _Guard:
    """Stands in front of the calls of a foreign record; ``name`` is what the plug-in is called in sentences."""

    def __init__(self, name: str, foreign: Family) -> None:
        self._name = name
        self._foreign = foreign

    def family(self) -> Family:
        foreign = self._foreign
        return replace(
            foreign,
            open=self._open,
            list=self._list if foreign.list is not None else None,
            same=self._same if foreign.same is not None else None,
            first=self._first if foreign.first is not None else None,
            open_controls=self._open_controls if foreign.open_controls is not None else None,
            in_mode=self._in_mode if foreign.in_mode is not None else None,
        )

    def _open(self, rest: str, clock: Clock | None) -> Camera:
        return self._guarded(lambda: self._foreign.open(rest, clock), "opening its camera")

    def _open_controls(self, rest: str) -> Camera:
        opener = self._foreign.open_controls
        assert opener is not None
        return self._guarded(lambda: opener(rest), "opening its camera's controls")

    def _guarded(self, opener: Callable[[], Camera], what: str) -> Camera:
        watch = Watch(self._name)
        try:
            with watch.calling(what, words_may_be_wrong=True):
                camera = opener()  # whatever it says it is: it is looked at now
            if missing := what_is_missing(camera):
                raise CameraError(f"{self._name} returned {kind_of(camera)}, which is no camera: it has no {missing}")
            with watch.calling("saying what it can do"):  # `isinstance` asks for its properties
                plays = isinstance(camera, Playable)
            return (PlayablePlugin if plays else PluginCamera)(camera, self._name, watch)
        except BaseException:
            watch.close()
            raise

    def _list(self) -> list[CameraInfo]:
        lister = self._foreign.list
        assert lister is not None
        with closing(Watch(self._name)) as watch, watch.calling("listing its cameras"):
            found: list[object] = list(islice(lister(), MOST_CAMERAS))
        listed = []
        for info in found:
            if not isinstance(info, CameraInfo):
                raise self._wrong("a camera in its list", kind_of(info))
            if not self._foreign.owns(info.spec):
                raise self._wrong("a camera in its list", f"the specification {info.spec!r}")
            listed.append(info)
        return listed

    def _same(self, info: CameraInfo) -> str | None:
        find = self._foreign.same
        assert find is not None
        with closing(Watch(self._name)) as watch, watch.calling("finding its camera again"):
            spec = find(info)
        return self._text(spec, "the camera to open again")

    def _first(self) -> str | None:
        find = self._foreign.first
        assert find is not None
        with closing(Watch(self._name)) as watch, watch.calling("finding its first camera"):
            spec = find()
        return self._text(spec, "its first camera")

    def _in_mode(self, spec: str, mode: PictureMode) -> str:
        write = self._foreign.in_mode
        assert write is not None
        with closing(Watch(self._name)) as watch, watch.calling("naming its camera in another mode"):
            written = self._text(write(spec, mode), "its camera in another mode")
        if written is None or not self._foreign.owns(written):
            raise self._wrong("its camera in another mode", f"the specification {written!r}")
        return written

    def _text(self, value: object, what: str) -> str | None:
        if not isinstance(value, str | None):
            raise self._wrong(what, kind_of(value))
        return value

    def _wrong(self, what: str, given: str) -> CameraError:
        return CameraError(f"{self._name} gave {given} for {what}: tell its author")


def _load(entry: EntryPoint, name: str) -> Family | Callable[[str], Camera]:
    try:
        loaded: Family | Callable[[str], Camera] = entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an import runs what somebody else wrote
        raise ConfigError(f"{name} can't be loaded ({said(error)}): update or remove it") from error
    if not (isinstance(loaded, Family) or callable(loaded)):
        raise ConfigError(f"{name} is {kind_of(loaded)}, neither a Family nor callable: update or remove it")
    return loaded
