"""The window's one way to the control loop and to the floors below: Snapshots in, commands out.

Start in `services`, then `bridge`.
"""
