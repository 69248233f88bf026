"""How this program's process works and ends: signals, long work that can be interrupted, the terminal, memory.

Start in `ending`.
"""
