import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("autoexposure.testing")  # so that a test in it that fails shows its values

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


# A shell's background job starts with SIGINT ignored, and one under nohup with SIGHUP; children inherit that. The tests
# send both and expect an answer.
for _number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)
