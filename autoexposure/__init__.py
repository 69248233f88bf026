"""The control law of a learned auto exposure, and its words: no device, no window, no training in here."""

__version__ = "0.1.0"
