"""What a picture's exposure error is, and where it matters: the contract of a meter and the classical ones. No state of
the loop.

Start in `policy` (the contract), then `classical`.
"""
