"""What a picture's exposure error is, and where it matters: the contract of a meter, and the classical meters.

No state of the loop. Start in `policy` (the contract), then `classical`; `meters` lists every meter there is.
"""
