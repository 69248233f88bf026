"""The window: its widgets show the newest Snapshot and send commands; they hold no truth of their own."""
