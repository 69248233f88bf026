"""Motion in the pictures, and the exposure time that suits it (the paper's section 10).

No camera and no loop. Start in `speed` (how fast what matters moves), then `trade` (which time that asks for).
"""
