"""Small widgets that know nothing of cameras: cards, pickers, sliders, scales.

Start in `controls`.
"""
