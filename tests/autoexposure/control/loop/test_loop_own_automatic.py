"""The loop on a camera whose own automatic goes on in secret, or must have had it for some pictures."""

from collections.abc import Callable
from typing import Any

import pytest

from autoexposure.control.commands import SetExposure
from autoexposure.exposure import Exposure
from autoexposure.metering.meters import METERS
from autoexposure.states import AeState
from tests.autoexposure.secret_automatic import Secret

Make = Callable[..., Any]
"""The ``closed_loop`` fixture."""

SPEC = "scene=cat,light=steady,width=64,height=48,echo=on"
PICTURES = 360


@pytest.fixture
def play(closed_loop: Make) -> Make:
    def made(delay: int, aim_ev: float, ends: str) -> Any:
        bench = closed_loop(f"{SPEC},delay={delay}", METERS["average"].make, vague=True)
        bench.secret = Secret(bench.camera, aim_ev, ends)
        bench.run(60)
        bench.secret.on = True
        return bench

    return made


def notices(seen: list[Any]) -> list[str]:
    return list(dict.fromkeys(snapshot.notice for snapshot in seen if snapshot.notice))


@pytest.mark.parametrize("delay", [0, 4])
@pytest.mark.parametrize("aim_ev", [-1.5, 1.5])
@pytest.mark.parametrize("ends", ["automatic", "long"])
def test_what_it_takes_back_betrays_it_and_control_is_taken_anew(
    play: Make, delay: int, aim_ev: float, ends: str
) -> None:
    bench = play(delay, aim_ev, ends)
    seen = bench.run(PICTURES)
    said = notices(seen)
    assert said
    assert all("keeps regulating its exposure by itself" in notice for notice in said)
    assert not bench.secret.on
    last = seen[-1]
    assert last.ae_state is AeState.CONVERGED
    assert abs(last.decision.delta_ev) < 0.25
    assert last.frame.exposure.ev == pytest.approx(bench.truth_ev(last), abs=1e-6)


@pytest.mark.parametrize("delay", [0, 4])
@pytest.mark.parametrize("aim_ev", [-1.5, 1.5])
def test_one_that_can_not_be_ended_has_its_way_and_nobody_claims_to_know_what_is_set(
    play: Make, delay: int, aim_ev: float
) -> None:
    bench = play(delay, aim_ev, "nothing")
    seen = bench.run(PICTURES)
    assert seen[-1].notice.startswith("Simulated camera: cat keeps regulating its exposure by itself")
    assert "left to do so" in seen[-1].notice
    assert seen[-1].ae_state is AeState.INACTIVE
    assert seen[-1].frame.exposure is None
    assert not any(snapshot.write for snapshot in seen[-50:])


@pytest.mark.parametrize("pictures", [3, 10])
@pytest.mark.parametrize("deaf", ["time", "both"])
def test_one_that_wants_its_automatic_for_some_pictures_is_cured(
    closed_loop: Make, deaf: str, pictures: int, caplog: pytest.LogCaptureFixture
) -> None:
    bench = closed_loop(f"{SPEC},deaf={deaf}", METERS["average"].make, vague=True)
    camera, since = bench.camera, []
    switch = camera.set_native_auto

    def switched(on: bool) -> None:
        if on:
            since.append(camera._frames.sequence)
        elif since and camera._frames.sequence - since[0] >= pictures:
            camera._disobedience._deaf = "none"
        if not on:
            since.clear()
        switch(on)

    camera.set_native_auto = switched
    seen = bench.run(PICTURES)
    said = notices(seen)
    assert len(said) == 3
    for notice, words in zip(said, ("anew through", "for some pictures", "obeys since"), strict=True):
        assert words in notice
    last = seen[-1]
    assert last.ae_state is AeState.CONVERGED
    assert abs(last.decision.delta_ev) < 0.15
    assert last.frame.exposure.ev == pytest.approx(bench.truth_ev(last), abs=1e-6)
    # Lost and found again, it begins with what helped.
    camera.unplug()
    bench.loop.turn()
    camera.replug()
    camera._closed = False
    seen = bench.run(PICTURES)
    assert notices(seen) == []
    assert abs(seen[-1].decision.delta_ev) < 0.15
    assert seen[-1].frame.exposure.ev == pytest.approx(bench.truth_ev(seen[-1]), abs=1e-6)


def test_what_the_user_sets_while_the_automatic_has_it_is_set_when_control_is_taken(closed_loop: Make) -> None:
    bench = closed_loop(f"{SPEC},deaf=both", METERS["average"].make, vague=True)
    for _ in range(PICTURES):
        if "some pictures" in bench.run(1)[-1].notice:
            break
    bench.loop.send(SetExposure(Exposure(0.004, 1.0)))
    bench.camera._disobedience._deaf = "none"
    seen = bench.run(40)
    assert seen[-1].ae_state is AeState.LOCKED
    assert bench.truth_ev(seen[-1]) == pytest.approx(Exposure(0.004, 1.0).ev, abs=0.05)
