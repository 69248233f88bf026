"""What a picture's exposure error is, and where it matters: the contract of a meter, and those that calculate.

No state of the loop. Start in `policy` (the contract), then `meters` (the table of all of them) and `classical`.
"""
