from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoexposure.cli.main import app
from autoexposure.errors import ConfigError
from models.files.checkpoint import read_progress
from models.training.pretrain import BUDGET, PretrainConfig
from models.training.settings import known_settings, with_settings

USUAL = PretrainConfig((), Path())


def test_settings_reach_their_fields_by_full_and_by_short_names() -> None:
    changed = with_settings(
        USUAL,
        [
            *("mix.relit_share=0.55, 0.35", "network.trunk=v1.1", "balance.subject_weight=0.93"),
            *("jpeg_quality=20,80", "network.attention=False", "bins=21", "sparsity=0.1", "sparsity=0.3"),
        ],
    )
    balance = replace(USUAL.mix.balance, subject_weight=0.93)
    assert changed == replace(
        USUAL,
        sparsity=0.3,
        network=replace(USUAL.network, trunk="v1.1", attention=False, bins=21),
        mix=replace(USUAL.mix, relit_share=(0.55, 0.35), jpeg_quality=(20, 80), balance=balance),
    )


def test_every_setting_of_pictures_and_network_can_be_set_to_what_it_is() -> None:
    """So a field of a type that can't be read from the command line is noticed."""
    own = {"network": asdict(USUAL.network), "mix": asdict(USUAL.mix)}
    for name in known_settings():
        value: object = asdict(USUAL)
        for part in name.split("."):
            assert isinstance(value, dict)
            value = value[part]
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        assert with_settings(USUAL, [f"{name}={text}"]) == USUAL, name
    for group, fields in own.items():
        plain = {f"{group}.{field}" for field, value in fields.items() if not isinstance(value, dict)}
        assert plain <= known_settings().keys()


def test_what_a_run_must_agree_with_is_a_setting_or_has_an_option() -> None:
    groups = {name.partition(".")[0] for name in known_settings()}
    assert USUAL.settings().keys() - groups - set(BUDGET) == {"batch", "seed", "recipe"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("relit", "takes a name and a value"),
        ("mix.relit_sahre=0.5,0.3", "no setting 'mix.relit_sahre' for --set; there is mix.relit_share"),
        ("mix.colour=3", "there are mix.relit_share, mix.hdr_share"),
        ("soup=3", "there are rate.*network.trunk.*mix.balance.subject_weight"),
        ("steps=3", "no setting 'steps'"),
        ("mix.relit_share=0.5", "takes 2 times a number, with commas between them, given '0.5'"),
        ("mix.relit_share=0.5,much", "takes 2 times a number"),
        ("mix.hdr_share=nan", "takes a number, given 'nan'"),
        ("network.trunk=v3", "takes v1.0 or v1.1"),
        ("network.bins=1.5", "takes a whole number"),
        ("network.attention=1", "takes true or false"),
        ("mix.hdr_share=7", r"hdr_share must lie in 0\.\.1"),
        ("validate_every=0", "validate_every must be positive"),
        ("cache_side_px=4", "cache_side_px must lie in 128"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        with_settings(USUAL, [text])
    assert "\n" not in str(refused.value)


def test_a_name_cut_too_short_is_told_what_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.settings.known_settings", lambda: {"mix.share": float, "network.share": float})
    with pytest.raises(ConfigError, match=r"may be mix\.share or network\.share"):
        with_settings(USUAL, ["share=0.5"])


def test_the_command_trains_with_them_and_goes_on_only_with_the_same(photo_folder: Path, tmp_path: Path) -> None:
    command = ["pretrain", "--photos", str(photo_folder), "--out", str(tmp_path / "run"), "--threads", "1"]
    few = ["--batch", "2", "--steps", "1", "--set", "mix.hdr_share=0.2", "--set", "precision=float32"]
    done = CliRunner().invoke(app, [*command, *few])
    assert done.exit_code == 0, done.output
    progress = read_progress(tmp_path / "run")
    assert progress is not None
    mix = progress.settings["mix"]
    assert isinstance(mix, dict)
    assert mix["hdr_share"] == 0.2
    refused = CliRunner().invoke(app, [*command, *few, "--set", "mix.hdr_share=0.3"])
    assert isinstance(refused.exception, ConfigError)
    assert "another mix" in str(refused.exception)


def test_the_ablation_takes_them_too(photo_folder: Path, tmp_path: Path) -> None:
    refused = CliRunner().invoke(
        app, ["ablation", "init", "--photos", str(photo_folder), "--out", str(tmp_path / "run"), "--set", "soup=1"]
    )
    assert isinstance(refused.exception, ConfigError)
    assert "no setting 'soup'" in str(refused.exception)
