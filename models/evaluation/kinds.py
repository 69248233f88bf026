"""The kinds of subject that are judged apart, and which photographs stand for each.

A model that finds people may be blind to a cup, and a mean over all subjects would hide it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from autoexposure.errors import ConfigError
from models.data.dataset import PhotoCache
from models.data.photo_files import Part

JUDGED: Mapping[str, frozenset[str]] = {
    "people": frozenset({"people"}),
    "animals": frozenset({"cats", "dogs", "animals"}),
    "objects": frozenset({"objects"}),
    "other": frozenset({"other"}),
}
"""What is judged together: name -> kinds of `models.data.manifest.KINDS`. Dogs alone would be too few for a figure."""

SHOWN: Mapping[str, str] = {
    "people": "people",
    "animals": "cats, dogs and animals",
    "objects": "objects",
    "other": "other subjects",
}
"""By the names of JUDGED, as people read them."""


def subjects_by_kind(
    cache: PhotoCache, part: Part, kinds: Collection[str] = (), most: int | None = None
) -> dict[str, NDArray[np.int64]]:
    """Places of one part's photographs with a subject, by name of JUDGED; a kind of which there are none is left out.

    Parameters
    ----------
    kinds : only these; all if empty. Raises ConfigError for a name that JUDGED lacks.
    most : of each kind at most as many, the first by their content's hash, which nobody chose.
    """
    for kind in kinds:
        if kind not in JUDGED:
            raise ConfigError(f"a kind of subject is one of {', '.join(JUDGED)}; given {kind!r}")
    masked = cache.indices(part, masked=True)
    found = {}
    for name, members in JUDGED.items():
        chosen = [place for place in masked if cache.photos[place].kind in members]
        if chosen and (not kinds or name in kinds):
            found[name] = np.array(chosen[:most], dtype=np.int64)
    return found
