"""What some cameras can do besides: each ability is a protocol that the loop and the window look for.

Start in `adjustable`.
"""
