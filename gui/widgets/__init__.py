"""Small widgets that know neither loop nor Snapshot: cards, pickers, sliders, scales.

Start in `controls`.
"""
