from pathlib import Path

import numpy as np
import pytest

from autoexposure.errors import ModelFileError
from autoexposure.personal.features import FACTS, FEATURE_CHANNELS, FeatureScale
from autoexposure.personal.known_people import (
    FACT_DEVIATIONS_EV,
    KnownPeople,
    known_people,
    people_bytes,
    people_path,
    read_people,
)
from autoexposure.personal.taste import TastePrior

SHA = "a" * 64


def some_people(directions: int = 3) -> KnownPeople:
    random = np.random.default_rng(0)
    size = len(FACTS) + directions
    scale = FeatureScale(random.random(FEATURE_CHANNELS), random.normal(size=(FEATURE_CHANNELS, directions)))
    return KnownPeople(TastePrior(random.normal(size=size), random.uniform(0.1, 0.4, size)), scale)


def test_what_was_learned_for_a_network_is_read_back(tmp_path: Path) -> None:
    people, path = some_people(), people_path(tmp_path / "base.onnx")
    path.write_bytes(people_bytes(people, SHA))
    read = known_people(tmp_path / "base.onnx", SHA)
    assert read.size == people.size == len(FACTS) + 3
    assert read.scale is not None
    assert people.scale is not None
    assert np.allclose(read.scale.directions, people.scale.directions, atol=1e-5)
    assert np.allclose(read.prior.common, people.prior.common, atol=1e-6)
    assert np.allclose(read.prior.deviations, people.prior.deviations, atol=1e-6)


def test_a_network_that_nobody_looked_at_has_the_facts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert known_people(tmp_path / "base.onnx", SHA).scale is None
    assert not caplog.text
    people_path(tmp_path / "base.onnx").write_bytes(people_bytes(some_people(), SHA))
    others = known_people(tmp_path / "base.onnx", "b" * 64)
    assert others.scale is None
    assert others.size == len(FACTS) == len(FACT_DEVIATIONS_EV)
    assert not others.prior.common.any()
    assert "another network" in caplog.text


@pytest.mark.parametrize("spoil", ["short", "empty", "text", "shape", "number", "sign", "missing", "large"])
def test_a_damaged_file_is_one_sentence_and_costs_only_itself(
    spoil: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, people = people_path(tmp_path / "base.onnx"), some_people()
    good = people_bytes(people, SHA)
    assert people.scale is not None
    prior = people.prior
    bad = {
        "short": good[:-100],
        "empty": b"",
        "text": b"rubbish",
        "shape": people_bytes(KnownPeople(TastePrior(prior.common[:5], prior.deviations[:5]), people.scale), SHA),
        "number": people_bytes(KnownPeople(TastePrior(prior.common * np.nan, prior.deviations), people.scale), SHA),
        "sign": people_bytes(KnownPeople(TastePrior(prior.common, -prior.deviations), people.scale), SHA),
        "missing": good.replace(b"directions", b"directionz"),
        "large": good + bytes(2_000_000),
    }
    path.write_bytes(bad[spoil])
    with pytest.raises(ModelFileError, match=r"base\.people\.npz"):
        read_people(path, SHA)
    assert known_people(tmp_path / "base.onnx", SHA).scale is None
    assert "is left out" in caplog.text


def test_descriptions_of_different_meaning_have_different_names() -> None:
    names = {KnownPeople().identity, some_people(3).identity, some_people(4).identity}
    assert len(names) == 3
    assert some_people().identity == some_people().identity
