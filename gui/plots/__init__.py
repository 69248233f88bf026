"""Live plots of exposure and error over time, and saving them.

Start in `plots`; `history` holds the data.
"""
