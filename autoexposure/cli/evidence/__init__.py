"""The commands that show what the program is worth: studies with people, and the paper's figures.

One file a command group, as in the folder above. Heavy imports stay inside the command that needs them.
"""
