"""What the window says: fixed texts, and sentences made of values.

Start in `texts`.
"""
