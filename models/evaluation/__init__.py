"""How good a model is, on photographs it has not seen.

Start in `evaluate`; `closed_loop` measures it at work.
"""
