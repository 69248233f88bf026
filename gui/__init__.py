"""The window: its widgets show the newest Snapshot and send commands; they hold no truth of their own.

Only `app` knows drivers and models, and hands them over. Start in `app`, then `main_window`.
"""
