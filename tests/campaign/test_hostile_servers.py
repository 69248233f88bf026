"""Hostile servers where a camera is looked for: no hang, bounded memory, one sentence, the camera left as it was."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.campaign.hostile import ANSWERS, ONVIFS, STATUSES, VIDEOS, BadOnvif, Played, Server, Turncoat
from tests.campaign.kept_camera import ORIGINAL, plug_in, set_to
from tests.campaign.table import MOST_MB, row
from tests.campaign.test_bad_input import CONTROL
from tests.campaign.victims import DEVICE
from tests.campaign.warmed import Ended, Trials

LIMIT_S = 45.0
"""Four seconds are asked for; whoever takes ten times as long waits for the server."""
EVERY = 17
"""The suite meets each seventeenth, the large form all of them."""
ONVIF_TURNS = ("a byte now and then", "a body without end", "nothing", "somewhere else", "no HTTP", "401 for ever")
METERED_TURNS = ("a byte now and then", "headers without end", "a body without end", "nothing", "no HTTP", "a page")
LOGIN = "ada:s3cret@"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A family of cameras, and what it meets."""

    name: str
    family: str
    play: Callable[[], Played]


def meetings() -> list[Meeting]:
    """Every one, in a fixed order."""
    found = [Meeting(f"ipwebcam: {name}", "ipwebcam", partial(Server, answer)) for name, answer in ANSWERS.items()]
    found += [
        Meeting(f"ipwebcam video: {n}", "ipwebcam", partial(Turncoat, None, video)) for n, video in VIDEOS.items()
    ]
    found += [Meeting(f"ipwebcam status: {n}", "ipwebcam", partial(Turncoat, bad)) for n, bad in STATUSES.items()]
    found += [Meeting(f"droidcam: {name}", "droidcam", partial(Server, ANSWERS[name])) for name in METERED_TURNS]
    found += [Meeting(f"onvif: {name}", "onvif", partial(Server, ANSWERS[name])) for name in ONVIF_TURNS]
    found += [Meeting(f"onvif: {name}", "onvif", partial(BadOnvif, name)) for name in ONVIFS]
    found += [Meeting(f"meter from: {name}", "metered", partial(Server, ANSWERS[name])) for name in METERED_TURNS]
    return found


MEETINGS = meetings()


def faults(ended: Ended, home: Path, played: Played) -> list[str]:
    """All that is wrong with how a meeting ended."""
    if ended.hung:
        return [f"hung for {LIMIT_S:.0f} s"]
    found = []
    lines = [line for line in ended.err.splitlines() if line.strip()]
    sentences = [line for line in lines if line.startswith("autoexposure: ")]
    if ended.code not in (0, 1, 2):
        found.append(f"exit code {ended.code}")
    if ended.code in (1, 2) and len(sentences) != 1:
        found.append(f"{len(sentences)} sentences instead of one")
    if "Traceback" in ended.err or "report it" in ended.err:
        found.append("a traceback, or a plea to report it")
    if CONTROL.search(ended.out + ended.err):
        found.append("raw control characters")
    if len(lines) > 12:
        found.append(f"{len(lines)} lines")
    if "s3cret" in ended.out + ended.err:
        found.append("the password in a message")
    if ended.peak_mb >= MOST_MB:
        found.append(f"{ended.peak_mb:.0f} MB")
    if not played.left_as_it_was() or set_to(home / DEVICE) != ORIGINAL:
        found.append("the camera was left changed")
    if any(b"uthorization" in request or b"s3cret" in request for request in played.led_astray):
        found.append("the login went to another host")
    return found


def meet(trials: Trials, home: Path, meeting: Meeting) -> None:
    home.mkdir()
    plug_in(home / DEVICE)
    played = meeting.play()
    try:
        place = f"127.0.0.1:{played.port}"
        camera = ["--camera", f"{meeting.family}:{LOGIN}{place}"]
        if meeting.family == "metered":
            camera = ["--camera", f"kept:{home / DEVICE}", "--meter-from", f"http://{LOGIN}{place}/video"]
        arguments = ["run", *camera, "--meter", "average", "--seconds", "4", "--frames", "40", "--quiet"]
        ended = trials.run("tests.campaign.warmed:cli", home, limit_s=LIMIT_S, arguments=arguments)
        wrong = faults(ended, home, played)
    finally:
        played.close()
    found = row(f"hostile {meeting.family}")
    found.note(ended)
    found.lost += [f"{meeting.name}: {fault}" for fault in wrong]
    assert not wrong, f"{wrong}\n{ended.out[-1500:]}\n{ended.err[-3000:]}"


def test_there_are_enough_servers() -> None:
    assert len(MEETINGS) >= 45
    assert len({meeting.name for meeting in MEETINGS}) == len(MEETINGS)


@pytest.mark.parametrize("meeting", MEETINGS[::EVERY], ids=lambda meeting: meeting.name)
def test_some_servers(trials: Trials, home: Path, meeting: Meeting) -> None:
    meet(trials, home, meeting)


@pytest.mark.long
@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.name)
def test_every_server(trials: Trials, home: Path, meeting: Meeting) -> None:
    meet(trials, home, meeting)
