"""The commands that take a recording: replay it under other laws, convert it for other programs."""
