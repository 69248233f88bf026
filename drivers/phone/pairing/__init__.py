"""How a phone finds this computer and is let in: address, certificate, code. Nothing here knows the server.

Start in `codes`.
"""
