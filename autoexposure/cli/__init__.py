"""The command line: `main`, and a file for each command or group of commands.

With `autoexposure.library` the one place below the window that may import every package: lazily, inside the command
that needs it.

Start in `main`.
"""
