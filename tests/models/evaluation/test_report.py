from __future__ import annotations

from pathlib import Path

import pytest

from autoexposure.errors import ConfigError
from models.evaluation.report import as_table, write_section


def test_sections_are_added_and_replaced_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    write_section(path, "First", "measure first", "one")
    write_section(path, "Second", "measure second", "two")
    write_section(path, "First", "measure first --again", r"\1 three")
    text = path.read_text()
    assert text.startswith("# Results\n")
    assert text.count("## First") == 1
    assert "one" not in text.split("## First")[1]
    assert text.index("measure first --again") < text.index(r"\1 three") < text.index("## Second") < text.index("two")


def test_tables_align_figures_to_the_right() -> None:
    assert as_table(["", "EV"], [["a", "0.1"]]) == "|  | EV |\n| --- | ---: |\n| a | 0.1 |"


def test_a_file_that_can_not_be_read_or_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "latin.md").write_bytes(b"\xff")
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "latin.md", tmp_path / "file" / "results.md"):
        with pytest.raises(ConfigError, match="can't be put into"):
            write_section(path, "A", "b", "c")
