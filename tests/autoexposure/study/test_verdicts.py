import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autoexposure.errors import ConfigError, RecordingError
from autoexposure.evaluation.comparison import Choice, Side
from autoexposure.study.pairs import Study
from autoexposure.study.verdicts import VERDICTS, VerdictStore, check_person, still_to_show


def test_a_verdict_holds_person_pair_order_sides_and_time(study: Study) -> None:
    store = VerdictStore(study.folder)
    first = study.showings("Ann")[0]
    kept = store.add("Ann", first, Choice.LEFT)
    ((said,), damaged) = store.read()
    assert damaged == 0
    assert (said.person, said.pair, said.place) == ("Ann", first.pair.name, 1)
    assert said.verdict.preferred is first.left
    assert abs((said.at - kept.at).total_seconds()) < 1
    assert said.at.utcoffset() is not None
    assert (study.folder / VERDICTS).stat().st_mode & 0o077 == 0


def test_a_person_goes_on_where_they_stopped_and_others_begin(study: Study) -> None:
    store = VerdictStore(study.folder)
    order = study.showings("Ann")
    for showing in order[:5]:
        store.add("Ann", showing, Choice.EQUAL)
    verdicts, _ = store.read()
    assert still_to_show(study, "Ann", verdicts) == order[5:]
    assert still_to_show(study, "Ben", verdicts) == study.showings("Ben")


def test_a_later_answer_replaces_an_earlier_one(study: Study) -> None:
    store = VerdictStore(study.folder)
    first = study.showings("Ann")[0]
    store.add("Ann", first, Choice.LEFT)
    store.add("Ann", first, Choice.RIGHT)
    ((said,), _) = store.read()
    assert said.verdict.preferred is first.left.other


def test_a_torn_line_costs_itself_and_nothing_after_it(study: Study) -> None:
    store = VerdictStore(study.folder)
    one, two, three = study.showings("Ann")[:3]
    for showing in (one, two):
        store.add("Ann", showing, Choice.LEFT)
    path = study.folder / VERDICTS
    path.write_bytes(path.read_bytes()[:-20])
    store.add("Ann", three, Choice.RIGHT)
    verdicts, damaged = store.read()
    assert [said.pair for said in verdicts] == [one.pair.name, three.pair.name]
    assert damaged == 1


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"person": 1, "pair": "p00", "place": 1}', '{"a": NaN}'])
def test_lines_that_are_no_verdicts_are_counted(study: Study, line: str) -> None:
    (study.folder / VERDICTS).write_text(line + "\n")
    assert VerdictStore(study.folder).read() == ([], 1)


KILLED = """
import os, signal, sys
from pathlib import Path
from autoexposure.evaluation.comparison import Choice
from autoexposure.study.pairs import open_study
from autoexposure.study.verdicts import VerdictStore
study = open_study(Path(sys.argv[1]))
for showing in study.showings("Ann")[:7]:
    VerdictStore(study.folder).add("Ann", showing, Choice.LEFT)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_kill_loses_no_verdict(study: Study) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(study.folder)], check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    verdicts, damaged = VerdictStore(study.folder).read()
    assert [said.place for said in verdicts] == [1, 2, 3, 4, 5, 6, 7]
    assert damaged == 0


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_is_said(study: Study) -> None:
    (study.folder / VERDICTS).symlink_to("/dev/full")
    with pytest.raises(RecordingError, match="not kept"):
        VerdictStore(study.folder).add("Ann", study.showings("Ann")[0], Choice.LEFT)


def test_names() -> None:
    assert check_person("  Ann Ö. ") == "Ann Ö."
    for wrong in ("", "   ", "a\nb", "x" * 65):
        with pytest.raises(ConfigError, match="1 to 64"):
            check_person(wrong)


def test_sides_are_those_of_the_showing(study: Study) -> None:
    assert {showing.left for showing in study.showings("Ann")} == {Side.OURS, Side.NATIVE}
