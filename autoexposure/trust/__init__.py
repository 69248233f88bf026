"""Whether a camera can be believed: when its pictures were taken, which exposure made them, and whether it obeys.

Nothing here touches a camera; `autoexposure.control` asks and acts. Start in `belief`.
"""
