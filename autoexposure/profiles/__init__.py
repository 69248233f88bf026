"""What is known of a camera beyond what its driver says: measured calibrations, known quirks, the mains of its lamps.

Start in `profile`; `lookup` finds the one for a camera.
"""
