"""The attention network: training (torch) and running (onnxruntime only)."""
