"""The control law of a learned auto exposure, and its words: no device, no window, no training in here."""

import os

__version__ = "0.1.0"

# onnxruntime 1.32 and later sends events to its maker, and its bare import writes a device id below the user's cache
# folder. Set here, because everything in this program imports this package first: also before a camera plug-in or
# torch imports onnxruntime. Subprocesses inherit it. Another value is overridden: nothing leaves the machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
