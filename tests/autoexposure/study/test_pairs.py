import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.errors import ConfigError, RecordingError
from autoexposure.evaluation.comparison import Side
from autoexposure.study.pairs import INDEX, Pair, Study, keep_pair, make_study, open_study


def test_a_study_is_read_as_it_was_made(study: Study) -> None:
    assert open_study(study.folder) == study
    assert len(study.pairs) == 12
    assert study.picture(study.pairs[0], Side.OURS).mean() == 90
    assert study.picture(study.pairs[0], Side.NATIVE).mean() == 160


def test_endings_may_differ_and_who_has_no_partner_is_named(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    ours, native = folders
    cv2.imwrite(str(native / "p00.jpg"), np.zeros((12, 16, 3), np.uint8))
    (native / "p00.png").unlink()
    (native / "p11.png").unlink()
    (ours / "notes.txt").write_text("no picture")
    made = make_study(tmp_path / "study", ours, native, 1)
    assert made.alone == ("p11",)
    assert made.study.pairs[0] == Pair(name="p00", ours="p00.png", native="p00.jpg")


def test_everybody_sees_every_pair_once_in_an_order_of_their_own(study: Study) -> None:
    ann, ben = study.showings("Ann"), study.showings("Ben")
    assert {showing.pair.name for showing in ann} == {pair.name for pair in study.pairs}
    assert [showing.place for showing in ann] == list(range(1, 13))
    assert [showing.pair for showing in ann] != [showing.pair for showing in ben]
    assert open_study(study.folder).showings("Ann") == ann


def test_sides_are_drawn_fairly_and_apart_for_each_person() -> None:
    pairs = tuple(Pair(name=str(number), ours="a.png", native="a.png") for number in range(1000))
    study = Study(Path(), 5, pairs)
    lefts = {person: {one.pair.name: one.left for one in study.showings(person)} for person in ("Ann", "Ben")}
    for drawn in lefts.values():
        assert 440 < Counter(drawn.values())[Side.OURS] < 560  # four standard deviations
    alike = sum(lefts["Ann"][name] is left for name, left in lefts["Ben"].items())
    assert 440 < alike < 560


def test_a_study_is_never_overwritten(study: Study, folders: tuple[Path, Path]) -> None:
    with pytest.raises(ConfigError, match="already"):
        make_study(study.folder, *folders, 1)


def test_bad_folders_cost_one_sentence(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    ours, native = folders
    (tmp_path / "empty").mkdir()
    for wrong, said in ((tmp_path / "missing", "can't be read"), (tmp_path / "empty", "the same name")):
        with pytest.raises(ConfigError, match=said):
            make_study(tmp_path / "study", ours, wrong, 1)
    (native / "p03.png").write_bytes(b"damaged")
    with pytest.raises(RecordingError, match=r"p03\.png can't be shown"):
        make_study(tmp_path / "study", ours, native, 1)
    with pytest.raises(ConfigError, match="there is no study"):  # half a study is none
        open_study(tmp_path / "study")
    (ours / "p03.jpg").write_bytes(b"")
    with pytest.raises(ConfigError, match="have one name"):
        make_study(tmp_path / "study", ours, native, 1)


def test_a_name_that_leads_elsewhere_on_another_system_is_said(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    for folder in folders:
        (folder / "p00.png").rename(folder / "12:30.png")
    with pytest.raises(ConfigError, match="rename them"):
        make_study(tmp_path / "study", *folders, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pairs": [{"name": "a", "ours": "../../secret.png", "native": "a.png"}]}, "ours"),
        ({"pairs": [{"name": "a", "ours": "..", "native": "a.png"}]}, "ours"),
        ({"pairs": [{"name": "a", "ours": "C:x.png", "native": "a.png"}]}, "ours"),
        ({"pairs": []}, "pairs"),
        ({"format": 2}, "format"),
        ({"seed": "x"}, "seed"),
        ({"pairs": [{"name": "a", "ours": "a.png", "native": "a.png"}] * 2}, "twice"),
    ],
)
def test_an_index_of_somebody_else_is_not_believed(study: Study, change: dict[str, object], said: str) -> None:
    index = json.loads((study.folder / INDEX).read_text())
    (study.folder / INDEX).write_text(json.dumps(index | change))
    with pytest.raises(ConfigError, match=said):
        open_study(study.folder)


def test_pairs_of_one_second_get_names_of_their_own(tmp_path: Path) -> None:
    pictures = {side: np.full((6, 8, 3), (200, 100, 50), np.uint8) for side in Side}
    now = datetime(2026, 1, 2, 3, 4, 5)
    names = [keep_pair(pictures, now, tmp_path) for _ in range(2)]
    assert names == ["pair-2026-01-02-030405", "pair-2026-01-02-030405-2"]
    made = make_study(tmp_path / "study", tmp_path / "ours", tmp_path / "native", 0)
    assert [pair.name for pair in made.study.pairs] == names
    assert (made.study.picture(made.study.pairs[1], Side.NATIVE) == pictures[Side.NATIVE]).all()
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match=re.escape("can't be kept")):
        keep_pair(pictures, now, tmp_path / "file")
