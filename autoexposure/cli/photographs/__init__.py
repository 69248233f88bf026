"""The commands that take photographs, ``still`` and ``bracket``, and how both wait for one. Start with `waiting`."""
