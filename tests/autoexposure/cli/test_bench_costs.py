"""What ``bench`` prints of a measurement, and that every row of a real one is there."""

import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from autoexposure.cli.benchmarks import costs
from autoexposure.cli.main import app
from autoexposure.evaluation.costs import Cost, ProcessCost

BILL = costs.Bill(
    {
        "the network": {costs.PRODUCT: Cost(costs.PRODUCT, 0.002, 0.003, 0.004)},
        "the loop": {costs.ALONE: Cost(costs.ALONE, 0.001, 0.002, 0.003)},
    },
    (ProcessCost("start", 0.5, 100 << 20), ProcessCost("elsewhere", 0.5, None)),
    (1.25, 1.5),
)


def printed(bill: costs.Bill) -> str:
    console = Console(width=100, record=True)
    for table in bill.tables():
        console.print(table)
    return console.export_text()


def test_tables_say_times_shares_memory_and_the_ratio() -> None:
    text = printed(BILL)
    assert "1.00 ms" in text
    assert "9.0%" in text, "3 ms at 30 a second"
    assert "x 1.25" in text
    assert "100 MiB" in text


def test_json_has_all_of_it_in_seconds() -> None:
    values = json.loads(BILL.as_json())
    assert [(row["group"], row["mean_s"]) for row in values["rows"]] == [("the network", 0.004), ("the loop", 0.003)]
    assert values["rows"][1]["share_of_core"] == pytest.approx(0.09)
    assert values["against_arithmetic_limit"] == {"least": 1.25, "median": 1.5}
    assert [process["peak_bytes"] for process in values["processes"]] == [100 << 20, None]


def test_a_given_model_has_no_ratio() -> None:
    bill = costs.Bill(BILL.groups, (), None)
    assert "sgemm /" not in printed(bill)
    assert json.loads(bill.as_json())["against_arithmetic_limit"] is None


def test_without_json_the_command_prints_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "measure_all", lambda *_: BILL)
    ran = CliRunner().invoke(app, ["bench"])
    assert ran.exit_code == 0, ran.output
    assert all(words in ran.stdout for words in ("the network", costs.ALONE, "9.0%", "start"))


def test_everything_is_measured_in_one_run() -> None:
    ran = CliRunner().invoke(app, ["bench", "--rounds", "10", "--json"])
    assert ran.exit_code == 0, ran.output
    values = json.loads(ran.stdout)
    names = {row["name"] for row in values["rows"]}
    assert {"3840x2160 decoded", "640x480 shrunk", "attention", "matrix", "attention, taught"} <= names
    assert {costs.ANSWER, costs.PRODUCT, costs.ALONE, costs.ASKING, "8 cameras, at rest", costs.WINDOW} <= names
    assert any(name.startswith("attention, ") and name.endswith("answers ahead") for name in names)
    assert all(0 < row["least_s"] <= row["median_s"] for row in values["rows"])
    assert values["processes"][0]["cpu_s"] > 0
