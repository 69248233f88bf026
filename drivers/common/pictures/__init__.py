"""Raw and JPEG pictures as devices send them become RGB. No device in here.

`formats` is the table of all pixel formats; `mode_choice` picks one of those that a camera offers.
"""
