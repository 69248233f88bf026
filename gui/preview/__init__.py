"""The picture with what is laid over it, and what the pointer does there.

Start in `view`.
"""
