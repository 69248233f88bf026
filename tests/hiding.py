"""Hiding packages from a program, for programs that tests start."""

HIDING = """
class Without:
    def __init__(self, finder, hidden):
        self.finder, self.hidden = finder, hidden

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in self.hidden else self.finder.find_spec(name, path, target)

def hide(hidden):
    sys.meta_path[:] = [Without(finder, hidden) for finder in sys.meta_path]
"""
"""The text of ``hide(names)``: as if these top-level packages were not installed. It needs ``sys``."""
