"""Exported networks at work in the loop.

No torch in here: the base install does without it. Start in `onnx_policy`.
"""
