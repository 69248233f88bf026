"""What is known of a camera beyond what its driver says: measured calibrations and known quirks, kept and put to use.

Start in `profile`; `lookup` finds the one for a camera.
"""
