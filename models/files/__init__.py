"""Model files: what makes one trustworthy, how one is written. Reading needs no torch.

Start in `model_file`.
"""
