"""Exported networks at work, without torch.

Start in `onnx_policy`.
"""
