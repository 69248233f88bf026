"""The window: widgets show the newest Snapshot and send a wish; they hold no truth of their own."""
