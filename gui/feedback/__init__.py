"""The three buttons, what was answered, and personalisation.

Start in `bar`.
"""
