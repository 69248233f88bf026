"""The command ``figures``: the paper's Figures 7 to 13, from this program's own results."""

from __future__ import annotations

import json as json_format
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoexposure.errors import ConfigError
from autoexposure.files.atomic_file import atomic_write
from autoexposure.files.writable import check_folder
from autoexposure.plain_text import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from autoexposure.camera import Camera
    from autoexposure.clock import SimulatedClock
    from autoexposure.frame import Pixels
    from autoexposure.personal.live_layer import LiveLayer
    from models.inference.onnx_policy import OnnxPolicy

SIZE = "width=320,height=240,report=on"
"""Of simulated pictures: as large as they are shown."""

REST_S = 4.0
"""Both the loop and the simulated camera's own automatic are at rest after two."""

CHANGE_RUN_S = 20.0
"""A simulated lamp is switched 15 s after the start; the curve goes on for 4."""

MOST_PHOTOS = 200
"""Of a folder: figures show six at most, and every one is looked at."""

MOST_TASTED = 4
"""Pictures of Figure 10, which takes two rows for each."""

MOST_TAUGHT = 12
"""Pictures that Figure 10's simulated people answer about, nine times each: more than most people ever give."""

Numbers = dict[str, object]


def figures(
    number: Annotated[int, typer.Argument(min=7, max=13, help="Which of the paper's figures.")],
    out: Annotated[Path, typer.Option(help="Folder for figureN.png, and figureN.json with its numbers.")],
    photos: Annotated[
        list[Path] | None,
        typer.Option("--photos", help="7 to 10: a folder of photographs; may repeat. 8 and 10 have some of their own."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="A model (.onnx) instead of the one that ships.")
    ] = None,
    init: Annotated[Path | None, typer.Option(help="7, 9: SqueezeNet weights (.npz) to train from.")] = None,
    size: Annotated[str, typer.Option("--size", help="7, 9: full, or small for a quick trial.")] = "full",
    person: Annotated[
        list[str] | None,
        typer.Option("--person", help="10: a profile whose answers count; give two. Else two simulated people."),
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="11: a study, or a folder with ours and native; else simulated scenes.")
    ] = None,
    recording: Annotated[
        Path | None, typer.Option(help="12: a recording of this program's loop; else a simulated lamp is switched.")
    ] = None,
    native_recording: Annotated[
        Path | None, typer.Option(help="12: a recording of the same change under the camera's own automatic.")
    ] = None,
    study: Annotated[Path | None, typer.Option(help="13: the folder of a study.")] = None,
) -> None:
    """Draw a figure of the paper: 7 training, 8 maps, 9 data, 10 tastes, 11 and 12 against native, 13 study."""
    _check_options(number, locals())
    if number in (7, 9):
        from autoexposure.cli.experiment import experiment

        experiment(f"figure{number}", out, photos=photos, init=init, size=size, model=model)
        return
    from autoexposure.figures.sheet import as_png, check_drawing

    check_drawing(f"figure {number}")
    check_folder(out)
    draw: dict[int, Callable[[], tuple[Figure | bytes, Numbers]]] = {
        8: partial(_maps, model, photos),
        10: partial(_tastes, model, photos, person or []),
        11: partial(_side_by_side, model, pairs),
        12: partial(_response, model, recording, native_recording),
        13: partial(_study, study),
    }
    figure, numbers = draw[number]()
    png = figure if isinstance(figure, bytes) else as_png(figure)
    for name, content in ((f"figure{number}.png", png), (f"figure{number}.json", json_format.dumps(numbers, indent=1))):
        try:
            atomic_write(out / name, content)
        except OSError as error:
            raise ConfigError(
                f"{plain(out / name)} can't be written ({error.strerror}): name another folder"
            ) from error
        typer.echo(plain(out / name))


TAKEN_BY = {
    "photos": (7, 8, 9, 10),
    "init": (7, 9),
    "person": (10,),
    "pairs": (11,),
    "recording": (12,),
    "native_recording": (12,),
    "study": (13,),
}
"""Which figures take which option."""


def _check_options(number: int, given: Mapping[str, object]) -> None:
    """Raise ConfigError for an option that does nothing for this figure, or one that is missing."""
    for name, takers in TAKEN_BY.items():
        if given[name] and number not in takers:
            takers_said = " and ".join(map(str, takers))
            raise ConfigError(f"--{name.replace('_', '-')} is for figure {takers_said}, given {number}: leave it out")
    if number in (7, 9) and not given["photos"]:
        raise ConfigError(f"figure {number} trains networks: name folders of photographs with --photos")
    if number == 13 and given["study"] is None:
        raise ConfigError("figure 13 shows a study: name its folder with --study")
    if given["native_recording"] and not given["recording"]:
        raise ConfigError("--native-recording stands beside --recording: give both")
    person = given["person"]
    if isinstance(person, list) and person and len(set(person)) != 2:
        raise ConfigError(f"figure 10 shows two persons: give --person twice, with two names; given {len(set(person))}")


def _maps(model: Path | None, photos: list[Path] | None) -> tuple[Figure, Numbers]:
    from autoexposure.figures.maps import ROWS, mapped
    from autoexposure.figures.sheet import picture_grid, plain_label

    pictures, source = _photographs(photos, _scenes)
    found = mapped(_network(model), pictures)
    names = [
        f"({letter}) {plain_label(each.name[:18])}\n{each.decision.delta_ev:+.2f} EV"
        for letter, each in zip("abcdef", found, strict=False)
    ]
    note = f"{source}, from even attention (left) to uneven; exposure map: green wants more light, red less"
    numbers: Numbers = {
        "figure8": [
            {"picture": each.name, "delta_ev": each.decision.delta_ev, "unevenness": each.unevenness} for each in found
        ]
    }
    return picture_grid([each.column() for each in found], names, ROWS, note), numbers


def _tastes(model: Path | None, photos: list[Path] | None, persons: list[str]) -> tuple[Figure, Numbers]:
    from autoexposure.figures.sheet import picture_grid, plain_label
    from autoexposure.figures.tastes import COLUMNS, columns_of, tasted, teach
    from autoexposure.personal.known_people import known_people
    from autoexposure.personal.live_layer import LiveLayer
    from models.data.simulated_experts import EXPERTS, make_scene
    from models.files.model_file import live_model_path
    from models.inference.personal_policy import personal_policy

    pictures, source = _photographs(photos, _shipped, MOST_TAUGHT)
    shown = dict(list(pictures.items())[:MOST_TASTED])
    if persons:
        layers = {name: personal_policy(name, model) for name in persons}
        if untaught := [name for name, layer in layers.items() if not layer.taught]:
            raise ConfigError(
                f"{plain(untaught[0])} has given no answers: name a profile of 'autoexposure feedback list'"
            )
        rows = tasted({name: partial(_same, layer) for name, layer in layers.items()}, shown)
        note = f"{source}; two profiles with their answers"
    else:
        if len(pictures) < 2:
            raise ConfigError("figure 10 needs two photographs or more: the simulated people learn from the others")
        network = _network(model)
        people = known_people(live_model_path(model) if model is None else model, network.sha256)
        experts = {f"{expert.name} (SIMULATED)": expert for expert in EXPERTS if expert.name in ("A", "C")}
        wishes = {
            said: {name: expert.wish_ev(make_scene(picture, None), name) for name, picture in pictures.items()}
            for said, expert in experts.items()
        }

        def taught(said: str, left_out: str) -> LiveLayer:
            return teach(LiveLayer(network, people=people), pictures, wishes[said], left_out)

        rows = tasted({said: partial(taught, said) for said in experts}, shown, wishes)
        note = f"{source}; each row foretold from answers about the other {len(pictures) - 1} pictures only"
    numbers: Numbers = {
        "figure10": [
            {"person": row.person, "picture": row.name, "wish_ev": row.wish_ev, "predicted_ev": row.decision.delta_ev}
            for row in rows
        ]
    }
    labels = [plain_label(row.label()) for row in rows]
    return picture_grid(columns_of(rows), COLUMNS, labels, note), numbers


def _same(layer: LiveLayer, _name: str) -> LiveLayer:
    """A real person's meter is the same for every picture: nothing of these was taught."""
    return layer


def _side_by_side(model: Path | None, pairs: Path | None) -> tuple[Figure, Numbers]:
    from autoexposure.evaluation.comparison import Side
    from autoexposure.figures.maps import shrunk
    from autoexposure.figures.response import rest_of, run_on
    from autoexposure.figures.sheet import picture_grid

    columns: tuple[list[Pixels], list[Pixels]] = ([], [])
    rows: list[str] = []
    found: list[Numbers] = []
    if pairs is not None:
        from autoexposure.study.pairs import open_pairs

        study = open_pairs(pairs)
        for place, pair in enumerate(study.pairs[:MOST_PAIRS_SHOWN], 1):
            for column, side in zip(columns, (Side.NATIVE, Side.OURS), strict=True):
                column.append(shrunk(study.picture(pair, side)))
            rows.append(f"pair {place}")
            found.append({"pair": pair.name})
        note = f"the first {len(rows)} of {len(study.pairs)} pairs"
    else:
        from autoexposure.simulation.builtin_scenes import GALLERY

        network = _network(model)
        for scene in GALLERY:
            opener = partial(_open, f"sim:scene={scene},light=steady,{SIZE}")
            native, ours = (rest_of(run_on(opener, lambda: network, side, REST_S)) for side in (Side.NATIVE, Side.OURS))
            for column, seen in zip(columns, (native, ours), strict=True):
                column.append(seen.pixels)
            assert native.ev is not None  # the simulated camera was asked to report it
            assert ours.ev is not None
            rows.append(f"{scene}\n{ours.ev - native.ev:+.2f} EV")
            found.append({"scene": scene, "native_ev": native.ev, "ours_ev": ours.ev})
        note = "the simulated camera; beside each row: exposure of autoexposure over the native one"
    names = ("the camera's own", "autoexposure")
    return picture_grid(columns, names, rows, note), {"figure11": found}


MOST_PAIRS_SHOWN = 6
"""Rows of Figure 11: the paper shows as many."""


def _response(model: Path | None, ours: Path | None, native: Path | None) -> tuple[Figure, Numbers]:
    from autoexposure.evaluation.comparison import Side
    from autoexposure.figures.response import recorded, respond, run_on
    from autoexposure.figures.sheet import response_sheet

    names = {Side.OURS: "autoexposure", Side.NATIVE: "the camera's own"}
    if ours is not None:
        runs = {Side.OURS: recorded(ours)} | ({Side.NATIVE: recorded(native)} if native is not None else {})
        note = "recordings"
    else:
        network = _network(model)
        opener = partial(_open, f"sim:scene=coffee,light=switch,{SIZE}")
        runs = {side: run_on(opener, lambda: network, side, CHANGE_RUN_S) for side in Side}
        note = "the simulated camera, 30 pictures/s: all light falls to a sixth at once"
    parts = {side: respond(run, names[side], side) for side, run in runs.items()}
    found: Numbers = {side.value: asdict(response) for side, (_, response) in parts.items()}
    return response_sheet([strip for strip, _ in parts.values()], note), {"figure12": found}


def _study(folder: Path | None) -> tuple[bytes, Numbers]:
    from autoexposure.study.chart import chart
    from autoexposure.study.pairs import open_study
    from autoexposure.study.result import evaluate
    from autoexposure.study.verdicts import VerdictStore

    assert folder is not None  # checked with the options
    study = open_study(folder)
    verdicts, _ = VerdictStore(folder).read()
    if not verdicts:
        raise ConfigError(f"nobody has answered yet: ask people with 'autoexposure study run {plain(folder)}'")
    result = evaluate(study, verdicts)
    return chart(result), {"figure13": result.as_json()}


def _network(model: Path | None) -> OnnxPolicy:
    from models.files.model_file import live_model_path
    from models.inference.onnx_policy import OnnxPolicy

    return OnnxPolicy(live_model_path() if model is None else model)


def _open(spec: str, clock: SimulatedClock) -> Camera:
    from drivers.discovery import open_camera

    return open_camera(spec, clock=clock)


def _photographs(
    folders: list[Path] | None, otherwise: Callable[[], dict[str, Pixels]], most: int = MOST_PHOTOS
) -> tuple[dict[str, Pixels], str]:
    """The pictures of the folders by name, or those of the program; and what they are, in words."""
    if not folders:
        return otherwise(), "pictures that ship with the program"
    from autoexposure.figures.maps import shrunk
    from autoexposure.study.pairs import picture_of, pictures_of

    pictures: dict[str, Pixels] = {}
    for folder in folders:
        for name, path in pictures_of(folder).items():
            if len(pictures) < most:
                pictures[name] = shrunk(picture_of(path))
    if not pictures:
        raise ConfigError(f"there is no .jpg or .png in {plain(folders[0])}: name a folder of photographs")
    return pictures, f"{len(pictures)} photographs"


def _shipped() -> dict[str, Pixels]:
    from autoexposure.simulation.builtin_scenes import PHOTOGRAPHS, shipped_photograph

    names = sorted(path.name for path in PHOTOGRAPHS.iterdir() if path.suffix in (".png", ".jpg"))
    return {Path(name).stem: shipped_photograph(name) for name in names}


def _scenes() -> dict[str, Pixels]:
    """The built-in scenes as the simulated camera's own automatic exposes them, and the portrait's photograph."""
    from autoexposure.evaluation.comparison import Side
    from autoexposure.figures.response import rest_of, run_on
    from autoexposure.metering.classical import AverageMeter
    from autoexposure.simulation.builtin_scenes import GALLERY

    pictures = {}
    for scene in GALLERY:
        opener = partial(_open, f"sim:scene={scene},light=steady,{SIZE}")
        pictures[scene] = rest_of(run_on(opener, AverageMeter, Side.NATIVE, REST_S)).pixels
    return pictures | {"astronaut": _shipped()["astronaut"]}
