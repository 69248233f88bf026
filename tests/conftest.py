import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A deadline would be a timed assertion: what is slow belongs in the benchmark.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(autouse=True)
def _umask_kept() -> Iterator[None]:
    """The console script makes everything private from its start on; a test that calls it leaves no trace of that."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)
