"""Training for one person: what it learns from, the test against what is in use, and the training itself.

Start in `personalise`. How a network learns is in the folder above.
"""
