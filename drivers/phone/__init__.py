"""A phone's browser as a camera: a page that is served to it, and the connection it opens.

Start in `camera`; `server` serves the page in `page/`, `protocol` is what both sides say.
"""
