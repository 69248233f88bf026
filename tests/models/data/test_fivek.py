"""A miniature of the real data set: raw files that a raw developer reads, and a catalogue with the real tables."""

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tifffile

from autoexposure.errors import ConfigError
from autoexposure.response import gamma
from models.data.fivek import EXPERTS, MEAN, FiveK, split
from models.training.answered import expose_at

NAMES = [f"a{number:04}-kme_{number:03}" for number in range(1, 13)]


def write_dng(path: Path, level: float) -> None:
    """A raw file of one grey, ``level`` of saturation, with a darker right half."""
    mosaic = np.full((128, 160), round(level * 16000), np.uint16)
    mosaic[:, 80:] //= 4
    rational = (1, 1)
    tags = [
        (33421, "H", 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, "B", 4, bytes([0, 1, 1, 2]), True),  # CFAPattern: RGGB
        (50706, "B", 4, bytes([1, 4, 0, 0]), True),  # DNGVersion
        (50708, "s", 0, "Miniature", True),  # UniqueCameraModel
        (50714, "H", 1, 0, True),  # BlackLevel
        (50717, "H", 1, 16000, True),  # WhiteLevel
        (50721, "2i", 9, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1), True),  # ColorMatrix1
        (50728, "2I", 3, rational * 3, True),  # AsShotNeutral
        (50778, "H", 1, 21, True),  # CalibrationIlluminant1: D65
    ]
    tifffile.imwrite(path, mosaic, photometric=32803, compression=None, extratags=tags, metadata=None)


def wish(number: int, expert: str) -> float:
    return round(0.1 * number - 0.3 * EXPERTS.index(expert), 2)


def write_catalogue(path: Path) -> None:
    """The tables of Lightroom that matter, with what else is in them: other collections, automatic values, gaps."""
    with closing(sqlite3.connect(path)) as catalogue, catalogue:
        catalogue.executescript(
            """
            CREATE TABLE AgLibraryCollection (id_local INTEGER PRIMARY KEY, genealogy, name, parent INTEGER);
            CREATE TABLE AgLibraryCollectionImage (id_local INTEGER PRIMARY KEY, collection INTEGER, image INTEGER);
            CREATE TABLE Adobe_images
                (id_local INTEGER PRIMARY KEY, copyName, masterImage, rootFile INTEGER, developSettingsIDCache INTEGER);
            CREATE TABLE AgLibraryFile (id_local INTEGER PRIMARY KEY, baseName, extension);
            CREATE TABLE Adobe_imageDevelopSettings (id_local INTEGER PRIMARY KEY, image INTEGER, text);
            """
        )
        collections = {name: 900 + number for number, name in enumerate(["Experts", *EXPERTS, "InputAsShotZeroed"])}
        catalogue.executemany(
            "INSERT INTO AgLibraryCollection (id_local, name) VALUES (?, ?)", [(v, k) for k, v in collections.items()]
        )
        for number, name in enumerate(NAMES, 1):
            catalogue.execute("INSERT INTO AgLibraryFile VALUES (?, ?, 'dng')", (number, name))
            for expert in (*EXPERTS, "InputAsShotZeroed"):
                image = number * 100 + collections[expert]
                exposure = wish(number, expert) if expert in EXPERTS else 0
                line = "" if exposure == 0 else f"Exposure = {exposure},\n"  # Lightroom leaves out zeroes
                if (number, expert) == (12, "C"):
                    line = "Exposure = -999999,\n"
                text = f's = {{ AutoExposure = false,\n{line}Contrast = 25,\nToneCurveName = "Linear" }}'
                catalogue.execute("INSERT INTO Adobe_imageDevelopSettings VALUES (?, ?, ?)", (image, image, text))
                catalogue.execute("INSERT INTO Adobe_images VALUES (?, ?, ?, ?, ?)", (image, expert, 1, number, image))
                catalogue.execute(
                    "INSERT INTO AgLibraryCollectionImage (collection, image) VALUES (?, ?)",
                    (collections[expert], image),
                )


@pytest.fixture(scope="module")
def fivek_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fivek_dataset")
    photos = folder / "raw_photos" / "HQa1to700" / "photos"
    photos.mkdir(parents=True)
    for number, name in enumerate(NAMES, 1):
        write_dng(photos / f"{name}.dng", 0.05 * number)
    write_catalogue(folder / "raw_photos" / "fivek.lrcat")
    return folder


def test_the_experts_exposures_come_from_the_catalogue(fivek_folder: Path) -> None:
    fivek = FiveK(fivek_folder)
    assert fivek.names == tuple(NAMES[:11])  # of the twelfth one expert's is missing
    for number in (1, 3, 7):  # the third of B is at zero, and left out by Lightroom
        for expert in EXPERTS:
            assert fivek.exposures_ev[NAMES[number - 1]][expert] == wish(number, expert)


def test_the_catalogue_is_not_touched(fivek_folder: Path) -> None:
    catalogue = fivek_folder / "raw_photos" / "fivek.lrcat"
    before = catalogue.read_bytes()
    FiveK(fivek_folder)
    assert catalogue.read_bytes() == before
    assert [path.name for path in catalogue.parent.glob("fivek*")] == ["fivek.lrcat"]


def test_raw_files_are_developed_in_linear_light_and_only_once(fivek_folder: Path, tmp_path: Path) -> None:
    developed = FiveK(fivek_folder).develop(tmp_path, side_px=64)
    assert developed.pictures.shape == (11, 64, 64, 3)
    left, right = developed.pictures[7, 32, 10].astype(float), developed.pictures[7, 32, 50].astype(float)
    assert np.allclose(left, 0.4, rtol=0.1)
    assert np.allclose(right, 0.1, rtol=0.1)
    assert developed.wishes_ev[MEAN][0] == pytest.approx(np.mean([wish(1, expert) for expert in EXPERTS]))
    made = next(tmp_path.rglob("linear.f16")).stat().st_mtime_ns
    again = FiveK(fivek_folder).develop(tmp_path, side_px=64)
    assert np.array_equal(again.pictures, developed.pictures)
    assert next(tmp_path.rglob("linear.f16")).stat().st_mtime_ns == made


def test_the_ladder_of_a_raw_file_doubles_its_light_and_finds_highlights_again() -> None:
    linear = np.full((192, 192, 3), 0.1, np.float16)
    linear[:96] = 1.6  # beyond saturation at 0 EV
    response = gamma()
    for offset_ev in (-1.0, 0.0, 1.0):
        shown = expose_at(linear, response, offset_ev)
        assert response.linearise(shown)[100, 0, 0] == pytest.approx(0.1 * 2**offset_ev, rel=0.05)
    assert response.linearise(expose_at(linear, response, -1.0))[0, 0, 0] == pytest.approx(0.8, rel=0.05)
    assert expose_at(linear, response, 0.0)[0, 0, 0] == 255


def test_a_table_may_stand_in_for_the_catalogue(fivek_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    write_dng(tmp_path / "raw" / "one.dng", 0.3)
    with (tmp_path / "experts.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["name", *EXPERTS], ["one", 0.1, 0.2, -0.3, 0.4, 0.5], ["gone", 0, 0, 0, 0, 0]])
    assert FiveK(tmp_path).exposures_ev == {"one": {"A": 0.1, "B": 0.2, "C": -0.3, "D": 0.4, "E": 0.5}}
    (tmp_path / "experts.csv").write_text("name,A\none,bright\n")
    with pytest.raises(ConfigError, match="columns"):
        FiveK(tmp_path)


def test_what_is_no_fivek_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no FiveK folder"):
        FiveK(tmp_path)
    (tmp_path / "x.dng").write_bytes(b"no raw file")
    with pytest.raises(ConfigError, match="neither"):
        FiveK(tmp_path)
    (tmp_path / "fivek.lrcat").write_bytes(b"no catalogue")
    with pytest.raises(ConfigError, match="can't be read"):
        FiveK(tmp_path)
    (tmp_path / "fivek.lrcat").unlink()
    (tmp_path / "experts.csv").write_text("name,A,B,C,D,E\nx,0,0,0,0,0\n")
    with pytest.raises(ConfigError, match="can't be developed"):
        FiveK(tmp_path).develop(tmp_path / "cache")


def test_the_split_is_the_papers_and_stays() -> None:
    train, test = split(5000)
    assert (len(train), len(test)) == (4500, 500)
    assert not set(train) & set(test)
    assert np.array_equal(split(5000)[1], test)
    assert len(split(30)[1]) == 3


def test_the_linear_renditions_that_exist_are_pictures_to_measure_on(tmp_path: Path) -> None:
    folder = Path(__file__).parents[4] / "shared" / "data" / "fivek"
    if not folder.is_dir():
        pytest.skip("needs the FiveK photographs")
    (tmp_path / "linear").mkdir()
    for path in sorted((folder / "linear").glob("*.exr"))[:3]:
        (tmp_path / "linear" / path.name).symlink_to(path)
    developed = FiveK(tmp_path).develop(tmp_path / "cache")
    assert developed.wishes_ev == {}
    assert len(developed.test) == 3
    assert len(developed.train) == 0
    levels = [float(picture.astype(np.float32).mean()) for picture in developed.pictures]
    assert all(0.01 < level < 1 for level in levels)
