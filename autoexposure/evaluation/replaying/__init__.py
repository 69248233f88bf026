"""A recording as it would have been under another law: every picture re-exposed to what that law would have set.

Start in `replayed_camera`. `footage` says what is known of the recording, `figures` what came of a law; `page` shows it.
"""
