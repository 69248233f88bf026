"""How good a model is, on photographs that it has not seen, and what training costs.

Nothing in here changes a model that is in use. Start in `evaluate`; `closed_loop` measures a model at work.
"""
