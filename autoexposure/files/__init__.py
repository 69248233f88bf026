"""Reading what others wrote without trusting it, and writing so that a crash loses nothing.

Start in `bounded` (limits) and `atomic_file`; `decoding` is the one door for pictures.
"""
