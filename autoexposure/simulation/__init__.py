"""Scenes with light in them, and the sensor that photographs them.

No camera contract in here: that is `drivers.simulated`. Start in `scene` (the contract), then `sensor`. The
photographs of the built-in scenes lie in ``photographs``, each with its licence.
"""
