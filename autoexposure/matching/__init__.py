"""Several cameras exposed alike: what their loops share.

No camera is touched in here, and no loop is known: `autoexposure.control.matched` posts and takes what is agreed.
Start in `matching`.
"""
