"""The mutation run's own parts: what it changes, what it leaves alone, and that changed code is what is run."""

import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def as_the_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))


SOURCE = '''
"""A text with 7 and < in it."""
LIMIT = 0.5
class Law:
    def __init__(self) -> None:
        self.count: int = 0
    def step(self, x: float, wild: bool = False) -> float:
        if x < LIMIT and not wild:
            raise ValueError(f"{x} is below {LIMIT + 1}")
        self.count = self.count + 1
        log.info("step %d", 3)
        self.tell()
        return -min(x, 2)
'''


def test_it_changes_the_law_and_no_wording() -> None:
    from mutants import mutants_of

    found = {(mutant.line, mutant.change) for mutant in mutants_of(SOURCE)}
    assert found == {
        (3, "0.5 -> 1.5"),
        (6, "0 -> 1"),
        (7, "False -> True"),
        (8, "< -> <="),
        (8, "< -> >="),
        (8, "and -> or"),
        (8, "no not"),
        (10, "assignment left out"),
        (10, "+ -> -"),
        (10, "1 -> 2"),
        (12, "call left out"),
        (13, "no -"),
        (13, "min -> max"),
        (13, "2 -> 3"),
    }


def test_each_mutant_differs_in_one_line_and_runs() -> None:
    import ast

    from mutants import mutants_of, mutated

    whole = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in mutants_of(SOURCE):
        tree = mutated(SOURCE, mutant.number)
        compile(tree, "law.py", "exec")
        lines = ast.unparse(tree).splitlines()
        assert sum(one != other for one, other in zip(whole, lines, strict=True)) == 1, mutant


def test_what_is_called_equivalent_still_stands_in_the_source() -> None:
    from mutants import mutants_of
    from run import EQUIVALENT, ROOT

    for module, reasons in tomllib.loads(EQUIVALENT.read_text()).items():
        keys = {mutant.key for mutant in mutants_of((ROOT / "autoexposure" / f"{module}.py").read_text())}
        assert set(reasons) <= keys, f"gone from {module}: {sorted(set(reasons) - keys)}"
        assert all(reasons.values())


def test_every_module_and_test_file_it_names_exists() -> None:
    from run import GROUPS, ROOT, test_file

    for modules in GROUPS.values():
        assert modules
        for module, tests in modules.items():
            assert (ROOT / "autoexposure" / f"{module}.py").is_file()
            assert all(test_file(name).is_file() for name in tests)


def test_a_changed_module_is_imported_in_place_of_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from mutants import mutants_of, mutated
    from run import ROOT, _Changed

    path = ROOT / "autoexposure" / "feedback" / "reward.py"
    number = next(mutant.number for mutant in mutants_of(path.read_text()) if mutant.change == "0.2 -> 0.6")
    changed = _Changed("autoexposure.feedback.reward", path, mutated(path.read_text(), number))
    monkeypatch.setattr(sys, "meta_path", [changed, *sys.meta_path])
    monkeypatch.delitem(sys.modules, "autoexposure.feedback.reward", raising=False)
    from importlib import import_module

    assert import_module("autoexposure.feedback.reward").RewardConfig().delta_ev == pytest.approx(0.6)
    monkeypatch.delitem(sys.modules, "autoexposure.feedback.reward")
