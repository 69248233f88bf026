"""Simulated people: whose exposure is right, what they answer, and how like real people they are.

Nothing in here has seen a network or a live layer. Start in `panel`.
"""
