"""A recording as it would have been under another law: every picture re-exposed to what that law would have set.

Start in `replayed_camera`. `footage` looks through the pictures first, `figures` counts what came of a law.
"""
