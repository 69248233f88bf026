"""``python -m tests.screenshots FOLDER [NAME ...]``: pictures of the window's main states, all or those named."""

import sys
from pathlib import Path

from autoexposure.errors import AutoexposureError
from tests.screenshots.write import write_screenshots

if len(sys.argv) < 2:
    sys.exit("usage: python -m tests.screenshots FOLDER [NAME ...]")
try:
    for path in write_screenshots(Path(sys.argv[1]), only=sys.argv[2:]):
        print(path)
except AutoexposureError as error:
    sys.exit(f"Error: {error}")
