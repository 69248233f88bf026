"""Laws of exposure that others publish, written anew from their documentation, each with its own damping.

They drive an exposure themselves, where a meter only says how far a picture is off. The program never uses one: it is
compared with them by ``bench loop``. Start in `law` (the contract), then `table` (all of them, with their sources).
"""
