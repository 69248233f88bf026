"""Pictures and decisions written to a file, read back, or handed to other programs.

Start in `writer` and `reader`, which share one format; `sink` carries pictures out of the loop.
"""
