"""Controls beside exposure while a camera is open: set, noted, looked at, held for a moment.

Start in `adjusting`; what such a control is stands in `autoexposure.abilities.adjustable`.
"""
