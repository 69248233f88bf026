"""The experiments themselves at toy sizes, and the small variant of each as it is run from the command line."""

import csv
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from autoexposure.cli.main import app
from autoexposure.errors import ConfigError, Stopped
from autoexposure.feedback.answer import Label
from autoexposure.feedback.reward import FIGURE_6, REWARDS, RewardConfig
from models.data.exposure_ladder import LADDER_EV
from models.data.simulated_experts import NAMES as PEOPLE
from models.experiments import clicks as clicks_module
from models.experiments import study
from models.experiments.attention import figure8
from models.experiments.bracket import CHOSEN, COUNTS, KNOWING, bracket
from models.experiments.native import RelitScene, relit_scenes, settled
from models.experiments.run import NAMES, experiments, run_experiment
from models.experiments.study import StudyConfig, World, against_the_paper, kept, open_unseen_world, open_world
from models.experiments.tables import has_converged, lab_errors
from models.experiments.trainings import Spread, Training, Trainings
from models.files.checkpoint import read_progress
from models.inference.onnx_policy import OnnxPolicy
from models.network import AttentionFcn
from models.training.answered import IMPLIED_LADDER_EV
from models.training.finetune import FineTuneConfig


@pytest.fixture
def config(photo_folder: Path, subject_folder: Path, tmp_path: Path) -> StudyConfig:
    return StudyConfig(
        out=tmp_path / "out", photos=(photo_folder,), subjects=(subject_folder,), size="small", cache=tmp_path / "cache"
    )


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No training takes place; the list names the folders of those that would have."""
    trained: list[str] = []

    def fine_tune(
        network: AttentionFcn, answered: object, settings: FineTuneConfig, folder: Path, *_: object, until: int
    ) -> AttentionFcn:
        folder.mkdir(parents=True, exist_ok=True)
        trained.append(folder.name)
        return network.eval()

    monkeypatch.setattr("models.experiments.trainings.fine_tune", fine_tune)
    return trained


def test_training_and_measuring_share_no_picture_and_wishes_are_known(config: StudyConfig) -> None:
    for world in (open_world(config), open_unseen_world(config)):
        assert not set(world.train) & set(world.test)
        for part in (world.train, world.test):
            assert len(part)
            for wishes in world.wishes_of(part).values():
                assert np.all(np.isfinite(wishes))
        assert "SIMULATED" in world.people


def test_an_experiment_that_was_interrupted_does_not_do_again_what_is_done(
    config: StudyConfig, taught: list[str]
) -> None:
    world = open_world(config)
    first = Trainings(config, world)
    errors = first.errors_ev(Training("rl", "A"))
    assert set(errors) == set(PEOPLE)
    assert Trainings(config, world).errors_ev(Training("rl", "A")) == errors
    assert taught == ["rl-A"]
    other = replace(world, wishes_ev={name: wishes + 0.1 for name, wishes in world.wishes_ev.items()})
    Trainings(config, other).errors_ev(Training("rl", "A"))
    assert taught == ["rl-A", "rl-A"]


def test_another_reward_trains_again_what_learns_from_it_and_nothing_else(
    config: StudyConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[tuple[str, str]] = []

    def fine_tune(
        network: AttentionFcn, _: object, settings: FineTuneConfig, folder: Path, *__: object, until: int
    ) -> AttentionFcn:
        folder.mkdir(parents=True, exist_ok=True)
        if until == settings.steps:
            trained.append((folder.name, settings.policy.reward.name))
        return network.eval()

    monkeypatch.setattr("models.experiments.trainings.fine_tune", fine_tune)
    monkeypatch.setitem(REWARDS, "other", REWARDS[FIGURE_6])
    world = open_world(config)
    other = replace(config, reward=RewardConfig(name="other"))
    for asked in (config, other, config):
        for kind in ("rl", "fsl"):
            Trainings(asked, world).errors_ev(Training(kind, "A"))
    assert trained == [("rl-A", FIGURE_6), ("fsl-A", FIGURE_6), ("rl-A", "other")]
    with pytest.raises(ConfigError, match="leave out --reward"):
        run_experiment("clicks", other, None)


def test_an_experiment_that_is_ended_by_a_signal_keeps_its_step(config: StudyConfig) -> None:
    """Its training is not begun again: the batch that it stood at is known."""
    world = open_world(config)

    def stop(stage: str, done: float, /) -> None:
        if stage == "training rl-A" and done > 0:
            raise Stopped(15, "ended")

    with pytest.raises(Stopped):
        Trainings(config, world, stop).errors_ev(Training("rl", "A"))
    progress = read_progress(config.out / "runs" / "rl-A")
    assert progress is not None
    assert progress.step == 1
    told: list[tuple[str, float]] = []
    Trainings(config, world, lambda *what: told.append(what)).errors_ev(Training("rl", "A"))
    assert [done for stage, done in told if stage == "training rl-A"] == [1.0]
    assert told[-1][0] == "measuring rl of A"


def test_clicks_are_one_answer_a_picture_near_the_right_exposure(config: StudyConfig) -> None:
    world = open_world(config)
    trainings = Trainings(config, world)
    answered = trainings._answers(Training("rl_clicks", "B"))
    assert answered.offsets_ev.shape == answered.needs.shape == (len(world.train), 1)
    assert np.abs(answered.offsets_ev[:, 0] - world.wishes_ev["B"][answered.chosen]).max() <= 1.0
    everything = trainings._answers(Training("rl", "B"))
    assert everything.needs.shape == (len(world.train), len(IMPLIED_LADDER_EV))
    assert len(trainings._answers(Training("rl", "B", images=5)).chosen) == 5


def test_what_takes_no_training_is_known_for_everybody(config: StudyConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    world = open_world(config)
    trainings = Trainings(config, world)
    ladder = LADDER_EV[:: config.sizes.ladder_every]
    for person in PEOPLE:
        wishes = world.wishes_ev[person][world.test]
        right = np.clip(wishes[:, None] - ladder, -2, 2)
        assert trainings.left_alone_ev(person).mean == pytest.approx(np.abs(right).mean())
    assert trainings._base_ev("train").shape == (len(world.train), len(ladder))
    assert trainings.error_ev(Training("base", "A")).deviation == 0

    def too_bright_ev(self: Trainings, part: str) -> np.ndarray:
        """Of a model that knows the person, but for 0.7 EV, and errs by 0.1 to either side where it is measured."""
        wishes = self.world.wishes_ev["A"][self.world.train if part == "train" else self.world.test]
        noise = np.where(np.arange(len(wishes)) % 2, 0.1, -0.1) if part == "test" else np.zeros(len(wishes))
        return np.clip(wishes[:, None] - ladder, -2, 2) + 0.7 + noise[:, None]

    monkeypatch.setattr(Trainings, "_base_ev", too_bright_ev)
    assert trainings.bias_ev("A") == pytest.approx(-0.7)
    assert trainings.one_bias_ev("A").mean == pytest.approx(0.1)


def test_figures_are_means_over_seeds_with_the_spread_between_them(
    config: StudyConfig, taught: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(study.SIZES, "small", replace(study.SIZES["small"], seeds=(1, 2, 3)))
    trainings = Trainings(config, open_world(config))
    monkeypatch.setattr(trainings, "errors_ev", lambda training: {"B": {1: 0.2, 2: 0.3, 3: 0.4}[training.seed]})
    spread = trainings.error_ev(Training("rl", "B"))
    assert spread == Spread(pytest.approx(0.3), pytest.approx(0.1))
    assert str(spread) == "0.3000 ± 0.1000"
    assert f"{Spread(0.25):.2f}" == "0.25"
    chosen = [trainings._pictures(Training("rl", "B", 5, seed)).tolist() for seed in (1, 2)]
    assert chosen[0] != chosen[1]
    assert [trainings._settings(Training("rl", "B", seed=seed)).seed for seed in (1, 2)] == [1, 2]
    assert trainings._settings(Training("rl_reduced", "B")).policy.baseline
    assert not trainings._settings(Training("rl", "B")).policy.baseline


def test_the_course_of_a_supervised_training_is_measured_on_its_way(
    config: StudyConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is there again after a restart, without another training."""
    monkeypatch.setitem(study.SIZES, "small", replace(study.SIZES["small"], steps=8, batch=1))
    world = open_world(config)
    course = Trainings(config, world).course_ev(Training("fsl", "A"))
    assert [step for step, _ in course] == [1, 2, 4, 6, 8]
    assert len({error for _, error in course}) == 5
    whole = Trainings(config, world).error_ev(Training("fsl", "A"))
    assert course[-1][1] == pytest.approx(whole.mean)
    monkeypatch.setattr("models.experiments.trainings.fine_tune", lambda *_, **__: pytest.fail("trained again"))
    assert Trainings(config, world).course_ev(Training("fsl", "A")) == course


def test_what_has_converged_no_longer_gets_better() -> None:
    assert has_converged([(10, 0.5), (20, 0.3), (30, 0.299)])
    assert has_converged([(20, 0.3), (30, 0.31)])
    assert not has_converged([(10, 0.5), (20, 0.3), (30, 0.28)])
    assert not has_converged([(10, 0.5)])


def test_a_contradiction_is_a_sentence_and_agreement_is_none() -> None:
    assert against_the_paper({"it rains": False}) == ""
    assert against_the_paper({"it rains": True, "no": False, "it snows": True}).endswith("paper: it rains; it snows")


def test_all_tables_go_by_one_name_and_so_by_one_model() -> None:
    assert experiments("tables") == ("table3", "table4", "table5", "table6", "figure9")
    assert experiments("clicks") == ("clicks",)


def test_lightness_is_wrong_by_nothing_where_the_wish_is_met(config: StudyConfig) -> None:
    world = open_world(config)
    wishes = world.wishes_ev["D"][world.test]
    assert lab_errors(wishes, world, "D") == [0.0, 0.0]
    assert lab_errors(wishes + 1, world, "D")[0] > 3


def test_clicks_never_fall_on_pictures_that_are_measured(config: StudyConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    world = open_unseen_world(config)
    clicked: list[bytes] = []

    def spy(self: object, preview: np.ndarray, label: Label) -> None:
        clicked.append(preview.tobytes())

    monkeypatch.setattr(clicks_module.LiveLayer, "click", spy)
    order: list[int] = []

    def settle(policy: object, picture: np.ndarray, start_ev: float = 0.0) -> float:
        order.extend(int(i) for i in world.train if np.array_equal(world.pictures[int(i)], picture))
        return 0.0

    monkeypatch.setattr(clicks_module, "settle", settle)
    small = replace(world, test=world.test[:1])
    clicks_module.learn(OnnxPolicy(), small, "A", [0, 3])
    assert len(clicked) == len(order) == len(set(order)) == 3
    clicks_module.learn(OnnxPolicy(), replace(small, train=world.train[:2]), "A", [4])  # they come again, mirrored
    assert len(set(clicked[3:])) == 4


def test_judges_see_the_subject_that_the_native_meter_lost(config: StudyConfig) -> None:
    scenes = relit_scenes(open_unseen_world(config))
    scene = RelitScene(scenes[0].picture, scenes[0].mask, 4.0, "k")
    assert scene.need(-3.0) == 1
    assert scene.need(2.5) == -1
    dark = RelitScene(scenes[0].picture, scenes[0].mask, 0.0, "k")
    assert dark.need(0.0) == 0
    wells = [dark.well_ev(), scene.well_ev()]
    assert 0.0 in wells[0]
    assert wells[1].min() > -1  # a background that is lost does not make them give up the subject
    found = settled([dark, scene], [0.0, -3.0], wells)
    assert found.well == 0.5
    assert found.off_ev == pytest.approx((wells[1].min() + 3.0 - 0.05) / 2)
    assert scene.shown(-1.0).mean() < scene.shown(1.0).mean()
    without = World(np.zeros((4, 8, 8, 3), np.uint8), np.zeros((0, 8, 8), np.uint8), {}, np.arange(3), np.arange(1), "")
    with pytest.raises(ConfigError, match="--subjects"):
        relit_scenes(without)


def test_the_maps_of_figure_8_are_drawn_in_the_order_of_their_evenness(config: StudyConfig) -> None:
    world = open_unseen_world(config)
    outcome = figure8(config, world, lambda *_: None)
    pictures = outcome.figures["figure8"]
    assert [row[0] for row in outcome.table[1:]] == [f"({letter})" for letter in "abcdef"[: len(pictures)]]
    assert [each["unevenness"] for each in pictures] == sorted(each["unevenness"] for each in pictures)
    assert {each["place"] for each in pictures} <= set(world.test.tolist())
    for each in pictures:  # a share of the attention is known where there is a mask, and only there
        assert (each["attention_by_area"] is not None) == (each["place"] < len(world.masks))
    drawn = cv2.imread(str(config.out / "figure8.png"))
    assert drawn is not None
    assert drawn.std() > 20


def test_a_bracket_shows_more_of_the_subject_with_more_pictures_and_never_more_than_can_be(config: StudyConfig) -> None:
    world = open_unseen_world(config)
    scenes = config.out.parent / "hdr"
    scenes.mkdir()
    for brightest_ev in range(1, 9):  # of which those count that no training would see
        line = 2.0 ** np.linspace(-3, brightest_ev, 64, dtype=np.float32)
        cv2.imwrite(str(scenes / f"{brightest_ev}.hdr"), np.broadcast_to(line[:, np.newaxis], (48, 64, 3)).copy())
    outcome = bracket(replace(config, hdr=(scenes,)), world, lambda *_: None)
    assert set(outcome.figures["bracket"]) == {"relit", "hdr"}
    found = outcome.figures["bracket"]["relit"]
    assert set(found) == {"median", "mean", "p10"}
    chosen, known = found["mean"][CHOSEN], found["mean"][KNOWING]
    assert len(chosen) == len(COUNTS)
    assert all(0 <= share <= 1 for row in found["mean"].values() for share in row)
    assert chosen[-1] > chosen[0]
    # What is known is luminance; a channel that clips before costs both some places.
    assert all(ours <= best + 0.05 for ours, best in zip(chosen, known, strict=True))
    assert all(after >= before - 0.03 for before, after in pairwise(known))
    without = replace(world, masks=np.zeros((0, 8, 8), np.uint8))
    with pytest.raises(ConfigError, match="--subjects"):
        bracket(config, without, lambda *_: None)


def test_what_cannot_be_run_is_a_sentence(config: StudyConfig) -> None:
    with pytest.raises(ConfigError, match="the experiments are table3"):
        run_experiment("table9", config, None)
    with pytest.raises(ConfigError, match="--photos"):
        run_experiment("clicks", replace(config, photos=(), subjects=()), None)
    with pytest.raises(ConfigError, match="simulated"):
        run_experiment("clicks", replace(config, fivek=config.out), None)


def test_a_kept_value_is_made_once_for_each_key(tmp_path: Path) -> None:
    made = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [kept(tmp_path, ["a", 1], make), kept(tmp_path, ["a", 1], make), kept(tmp_path, ["a", 2], make)] == [1, 1, 2]


@pytest.mark.experiments
def test_the_small_variant_of_every_experiment_runs_from_the_command_line(
    config: StudyConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One folder for all, as a user would have it, so that the tables share their trainings."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    documents = {}
    for name in NAMES:
        given = ["--photos", str(config.photos[0]), "--subjects", str(config.subjects[0]), "--out", str(config.out)]
        json_file = tmp_path / f"{name}.json"
        code = app(
            ["experiment", name, *given, "--size", "small", "--threads", "1", "--json", str(json_file)],
            standalone_mode=False,
        )
        assert not code
        documents[name] = json.loads(json_file.read_text())
        assert documents[name] == json.loads((config.out / f"{name}.json").read_text())
        assert documents[name]["sizes"]["steps"] == study.SIZES["small"].steps
        with (config.out / f"{name}.csv").open() as file:
            assert len(list(csv.reader(file))) > 1
        assert f"## Experiment: {name}" in (config.out / "RESULTS.md").read_text()
    people = set(PEOPLE)
    assert set(documents["table3"]["mae_ev"]) == {"left alone", "one bias", "rl_scratch", "rl", "base"}
    assert set(documents["table3"]["mae_ev"]["rl"]) == people
    assert all(set(row) == people for row in documents["table4"]["mae_ev"].values())
    assert set(documents["table4"]["converged"]) == people
    assert {name: set(row) for name, row in documents["table5"]["matrix_ev"].items()} == {
        name: people - {"mean"} for name in (*people, "left alone", "one bias")
    }
    assert set(documents["table6"]["lab_l_rmse"]) == {"fsl", "rl", "base", "one bias", "left alone"}
    assert set(documents["personalise"]["personalise"]["judging 1"]) == {"12"}
    assert documents["personalise"]["all"]["12"]["worst_ev"] < 0.5
    assert documents["figure9"]["figure9_ev"]["mean"]
    assert set(documents["figure7"]["figure7"]) == {"with attention", "without"}
    assert all(len(side["held_out_ev"]) >= 2 for side in documents["figure7"]["figure7"].values())
    evenness = [picture["unevenness"] for picture in documents["figure8"]["figure8"]]
    assert evenness == sorted(evenness)
    assert set(documents["bracket"]["bracket"]) == {"relit"}
    assert set(documents["clicks"]["clicks"]["A"]) == {"0", "3", "6"}
    assert set(documents["native"]["native"]) == {"native", "base", "reinforce", "ordinal"}
    assert len(documents["native"]["labels"]) == 3
    for plot in (f"{name}.png" for name in NAMES):
        assert (config.out / plot).stat().st_size > 5000
