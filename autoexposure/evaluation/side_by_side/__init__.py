"""Laws of exposure side by side: the same scenes and cameras for each, the same figures of each.

No camera is made here, since drivers lie above: whoever starts a run gives the function that opens one. Start in
`trial` (what is played), then `play` (one law before one scene), `figures` (what is counted), `contest` (all of it).
"""
