"""How good a loop, a meter or a comparison is: each figure has its one definition here.

Start in `scores`.
"""
