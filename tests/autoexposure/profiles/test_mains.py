from pathlib import Path

import pytest

from autoexposure.profiles.mains import mains_hz_of, zone_name


@pytest.mark.parametrize(
    ("zone", "hz"),
    [
        ("Europe/Berlin", 50),
        ("Asia/Kolkata", 50),
        ("Asia/Seoul", 60),
        ("Asia/Tokyo", 50),
        ("America/New_York", 60),
        ("America/Sao_Paulo", 60),
        ("America/Argentina/Buenos_Aires", 50),
        ("America/Santiago", 50),
        ("US/Pacific", 60),
        ("Pacific/Honolulu", 60),
        ("Pacific/Auckland", 50),
    ],
)
def test_mains_by_zone(zone: str, hz: int) -> None:
    assert mains_hz_of(zone, offset_h=0.0) == hz


@pytest.mark.parametrize(("offset_h", "hz"), [(-8.0, 60), (-5.0, 60), (0.0, 50), (1.0, 50), (9.0, 50), (-3.0, 50)])
def test_mains_by_offset_where_the_zone_has_no_name(offset_h: float, hz: int) -> None:
    assert mains_hz_of("", offset_h) == hz


def test_the_zone_is_read_from_the_environment_or_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Europe/Paris")
    assert zone_name() == "Europe/Paris"
    monkeypatch.delenv("TZ")
    data = tmp_path / "zoneinfo" / "Asia" / "Seoul"
    data.parent.mkdir(parents=True)
    data.touch()
    link = tmp_path / "localtime"
    link.symlink_to(data)
    assert zone_name(link) == "Asia/Seoul"
    assert zone_name(data.parent) == ""
    assert zone_name(tmp_path / "missing") == ""
