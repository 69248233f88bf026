"""``python -m tests.fuzz TARGET [SECONDS]``: feed a parser what atheris makes up from good input, guided by coverage.

Needs atheris (the extra ``fuzz``). Ends with an error, and leaves the input in a file, at the first error that is not a
named one, after 20 s over one input, or above 600 MB.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["autoexposure", "drivers"]):
    from tests.fuzz.targets import TARGETS, seeds

MOST_MB = 600
"""Of the process: 300 for the parser and as much for what atheris and its corpus take."""

name, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
corpus = Path(tempfile.mkdtemp(prefix=f"corpus-{name}-"))
for number, seed in enumerate(seeds(name)):
    (corpus / str(number)).write_bytes(seed)
limits = [f"-max_total_time={seconds}", "-timeout=20", f"-rss_limit_mb={MOST_MB}", "-max_len=20000"]
atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={corpus}/found-", str(corpus)], TARGETS[name])
atheris.Fuzz()
