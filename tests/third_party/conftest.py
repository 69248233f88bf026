"""Packages of other people, as far as the program can tell: they are installed by the tests beside them."""

collect_ignore = ["slide_camera"]  # run by its own pytest, where it is installed
