"""What some cameras can do besides: each ability is a protocol.

Start in `adjustable`; `abilities` asks any camera for all of them.
"""
