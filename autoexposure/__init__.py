"""autoexposure, to be imported as ``ae``: cameras whose exposure follows what matters in the picture.

>>> import autoexposure as ae
>>> with ae.open("sim:") as camera:  # doctest: +SKIP
...     for shot in camera:
...         print(shot.decision.delta_ev, shot.exposure)
>>> ae.meter(picture).delta_ev  # doctest: +SKIP
0.62

The public names are those of `autoexposure.library`. That module is loaded when the first of them is used, so that the
import itself takes a moment and loads neither OpenCV nor onnxruntime.

The files of this folder are the nouns that all rooms share: start in `camera`, `frame` and `exposure`. No driver, no
network and no window in here, but for what `library` and `cli` compose.
"""

from __future__ import annotations

import os
from importlib import import_module

TYPE_CHECKING = False
"""True for type checkers. Not imported from `typing`: until `autoexposure.__main__` takes the current folder off the
search path, ``python -m autoexposure`` would find a ``typing.py`` there."""

# onnxruntime 1.32 and later sends events to its maker, and its bare import writes a device id below the user's cache
# folder. Set here, because everything in this program imports this package first: also before a camera plug-in or
# torch imports onnxruntime. Subprocesses inherit it. Another value is overridden: nothing leaves the machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:  # so that type checkers know every name; for them there is no __getattr__, which would allow any
    from autoexposure.library import *  # noqa: F403  # the one list is __all__ in there
    from autoexposure.library import __all__ as __all__

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """A public name, the list of them, or the version, which stands in ``pyproject.toml`` alone."""
        if name == "__version__":
            return import_module("importlib.metadata").version("autoexposure")
        if name.startswith("_") and name != "__all__":  # what Python and its tools look for in any module
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        library = import_module("autoexposure.library")  # "from autoexposure import" would ask here for it
        if name not in ("__all__", *library.__all__):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(library, name)

    def __dir__() -> list[str]:
        """The public names and what is loaded anyway."""
        return sorted({*globals(), *__getattr__("__all__")})
