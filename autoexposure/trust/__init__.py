"""Whether a camera can be believed: when its pictures were taken, and whether it does what it is set to.

Nothing here touches a camera; `autoexposure.control` asks and acts. Start in `obedience`.
"""
