"""What the light at some points of a control says, at the borders of each judgement."""

import math

import pytest

from autoexposure.camera import ControlRange
from autoexposure.probe.control_points import (
    Point,
    dead_zones,
    falls,
    is_stepped,
    judge_read_back,
    measured_control,
    step_centres,
    steps_of,
    where_to_look,
)
from autoexposure.profiles.profile import ReadBack, Span

ASKED = [2.0**n for n in range(10)]
THIRDS = [0.001 * 2 ** (i / 3) for i in range(16)]


def saying(says: list[float | None]) -> list[Point]:
    """Points that gave 1 EV less than asked, and what the camera said of each."""
    return [Point(asked, math.log2(asked) - 1, said) for asked, said in zip(ASKED, says, strict=True)]


HALVES: list[float | None] = [asked / 2 for asked in ASKED]


@pytest.mark.parametrize(
    ("says", "judged"),
    [
        (HALVES, ReadBack.HONEST),
        ([*HALVES[:9], 1.0], ReadBack.HONEST),  # nine of ten
        ([*HALVES[:8], 1.0, 1.0], ReadBack.NONE),
        ([*HALVES[:9], None], ReadBack.HONEST),  # what was not said does not count
        ([half * 2**0.11 for half in HALVES if half], ReadBack.HONEST),
        ([half * 2**-0.11 for half in HALVES if half], ReadBack.HONEST),
        ([half * 2**0.13 for half in HALVES if half], ReadBack.NONE),
        ([half * 2**-0.13 for half in HALVES if half], ReadBack.NONE),
        ([*ASKED], ReadBack.ECHO),
        ([*ASKED[:9], 3.0], ReadBack.ECHO),
        ([*ASKED[:8], 3.0, 3.0], ReadBack.NONE),
        ([asked * 2**0.03 for asked in ASKED], ReadBack.ECHO),
        ([asked * 2**-0.05 for asked in ASKED], ReadBack.NONE),
        ([None] * 10, ReadBack.NONE),
    ],
)
def test_nine_of_ten_within_an_eighth_of_an_ev_are_honest_and_the_same_as_asked_an_echo(
    says: list[float | None], judged: ReadBack
) -> None:
    assert judge_read_back(saying(says), relative=False) is judged


def test_a_factor_is_forgiven_where_the_unit_is_not_known() -> None:
    thirds = saying([asked / 3 for asked in ASKED])
    assert judge_read_back(thirds, relative=True) is ReadBack.HONEST
    assert judge_read_back(thirds, relative=False) is ReadBack.NONE


def test_a_zone_counts_from_a_fifth_of_an_ev_on() -> None:
    narrow = [1.0, 2.0**0.19, 2.0, 4.0]
    wide = [1.0, 2.0**0.21, 2.0, 4.0]
    light = [0.0, 0.0, 1.0, 2.0]
    assert dead_zones(narrow, light) == []
    assert dead_zones(wide, light) == [Span(1.0, 2.0**0.21)]
    assert dead_zones([1.0, 2.0, 4.0, 8.0], [0.0, 1.0, 1.0, 1.0]) == [Span(2.0, 8.0)]
    assert dead_zones([1.0, 2.0, 4.0], [0.0, 0.04, 0.06]) == [Span(1.0, 2.0)]  # of 1 EV, 0.05 at the most


@pytest.mark.parametrize(("near_ev", "begins"), [(0.0, 0), (0.02, 0), (-0.02, 0), (0.03, 1), (-0.03, 1)])
def test_values_next_to_each_other_stand_still_within_a_fortieth_of_an_ev(near_ev: float, begins: int) -> None:
    asked = [4.0, 4.0 * 2**0.03, 4.0 * 2**0.28]
    assert dead_zones(asked, [0.0, near_ev, near_ev]) == [Span(asked[begins], asked[2])]


def test_light_falls_by_more_than_a_tenth_of_an_ev_or_not_at_all() -> None:
    assert falls([1.0, 2.0, 4.0], [0.0, -0.09, -0.21]) == [Span(2.0, 4.0)]


def test_steps_are_neighbours_within_a_tenth_of_an_ev() -> None:
    assert steps_of([0.0, 0.09, 0.18, 1.0, 0.95, 0.5]) == [range(0, 3), range(3, 5), range(5, 6)]
    assert steps_of([1.0]) == [range(0, 1)]


def test_the_middle_of_a_step_lies_between_its_neighbours() -> None:
    asked = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    centres = step_centres(asked, [0.0, 1.0, 1.0, 3.0, 4.0, 4.0])
    edges = math.sqrt(1.0 * 2.0), math.sqrt(4.0 * 8.0), math.sqrt(8.0 * 16.0)
    assert math.isnan(centres[0])
    assert centres[1:3] == pytest.approx([math.sqrt(edges[0] * edges[1])] * 2)
    assert centres[3] == pytest.approx(math.sqrt(edges[1] * edges[2]))
    assert all(map(math.isnan, centres[4:]))


def test_it_is_stepped_by_two_inner_zones_over_two_fifths_of_the_range() -> None:
    asked = [1.0, 2.0**10]
    inner = [Span(2.0, 8.0), Span(16.0, 64.0)]
    assert is_stepped(asked, inner)
    assert not is_stepped(asked, [inner[0], Span(16.0, 63.0)])  # 3.98 of 10 EV
    assert not is_stepped(asked, [Span(2.0, 512.0)])
    assert not is_stepped(asked, [Span(1.0, 8.0), inner[1]])  # one at the edge is a range that ends
    assert not is_stepped(asked, [inner[0], Span(16.0, 2.0**10)])


def test_it_looks_between_values_that_move_far_the_furthest_first() -> None:
    assert where_to_look([1.0, 2.0, 4.0, 8.0], [0.0, 0.5, 1.8, 2.5], widest_ev=0.6) == [(2.0, 4.0), (4.0, 8.0)]
    assert where_to_look([1.0, 2.0, 4.0], [0.0, 0.6, 1.2], widest_ev=0.6) == []
    # Where it falls, and where it leaps, by more than the values promise.
    assert where_to_look([1.0, 2.0, 4.0], [0.0, 1.0, 0.8], widest_ev=math.inf) == [(2.0, 4.0)]
    assert where_to_look([1.0, 2.0, 4.0], [0.0, 1.0, 2.9], widest_ev=math.inf) == [(2.0, 4.0)]
    assert where_to_look([1.0, 2.0, 4.0], [0.0, 1.0, 2.8], widest_ev=math.inf) == []
    # But not finer than it is sought.
    assert where_to_look([1.0, 2.0, 2.0 * 2**0.05], [0.0, 1.0, 0.5], widest_ev=math.inf) == []
    assert where_to_look([1.0, 2.0, 2.0 * 2**0.07], [0.0, 1.0, 0.5], widest_ev=math.inf) == [(2.0, 2.0 * 2**0.07)]


def test_beside_a_zone_that_stands_still_both_edges_are_looked_at() -> None:
    asked = [1.0, 2.0, 4.0, 8.0, 16.0]
    light = [0.0, 1.0, 1.0, 2.0, 3.0]
    assert sorted(where_to_look(asked, light, widest_ev=math.inf)) == [(1.0, 2.0), (4.0, 8.0)]


def test_a_control_is_written_down_with_what_is_known_of_all_its_points() -> None:
    points = [Point(2.0**n, n + 0.00004, None, n, 1.234) for n in range(4)]
    gain = measured_control(points, ControlRange(1.0, 8.0, 0.5), gain=True)
    assert gain.light_ev == (0.0, 1.0, 2.0, 3.0)
    assert gain.codes == (0, 1, 2, 3)
    assert gain.noise == (1.23,) * 4
    assert gain.advertised_step == 0.5
    assert not gain.stepped
    time = measured_control([*points[:3], Point(8.0, 3.0)], ControlRange(1.0, 8.0, values=(1.0, 8.0)), gain=False)
    assert time.codes == time.noise == ()
    assert time.advertised_step == 0
    unknown = measured_control([*points[:3], Point(8.0, 3.0)], ControlRange(1.0, 8.0), gain=True)
    assert unknown.noise == ()


def lights(asked: list[float], really) -> list[float]:
    return [math.log2(really(value)) for value in asked]


def test_zones_falls_and_steps() -> None:
    honest = lights(THIRDS, lambda t: t)
    assert dead_zones(THIRDS, honest) == []
    assert falls(THIRDS, honest) == []
    capped = lights(THIRDS, lambda t: min(t, 0.01))
    (zone,) = dead_zones(THIRDS, capped)
    assert zone.low == pytest.approx(0.01, rel=0.15)
    assert zone.high == THIRDS[-1]
    assert not is_stepped(THIRDS, [zone])
    rolled = lights(THIRDS, lambda t: t if t < 0.01 else t / 50)
    (fall,) = falls(THIRDS, rolled)
    assert fall.low < 0.01 <= fall.high
    stops = lights(THIRDS, lambda t: 2.0 ** math.floor(math.log2(t)))
    assert is_stepped(THIRDS, dead_zones(THIRDS, stops))


def test_it_looks_closer_where_something_happens_and_nowhere_else() -> None:
    assert where_to_look(THIRDS, lights(THIRDS, lambda t: t), widest_ev=math.inf) == []
    (edge,) = where_to_look(THIRDS, lights(THIRDS, lambda t: min(t, 0.0115)), widest_ev=math.inf)
    assert edge[0] < 0.0115 < edge[1]
    gaps = where_to_look([1.0, 2.0, 2.2], [0.0, 1.0, 1.14], widest_ev=0.35)
    assert gaps == [(1.0, 2.0)]


@pytest.mark.parametrize(
    ("says", "judged"),
    [
        (lambda asked, really: really, ReadBack.HONEST),
        (lambda asked, really: asked, ReadBack.ECHO),
        (lambda asked, really: None, ReadBack.NONE),
        (lambda asked, really: 0.02, ReadBack.NONE),
    ],
)
def test_what_a_camera_says_is_compared_with_what_it_does(says, judged: ReadBack) -> None:
    points = []
    for asked in THIRDS:
        really = 2.0 ** round(math.log2(asked))
        points.append(Point(asked, math.log2(really), says(asked, really)))
    assert judge_read_back(points, relative=False) is judged


def test_a_stepped_control_keeps_the_middle_of_each_step() -> None:
    fine = [0.001 * 2 ** (i / 8) for i in range(48)]
    points = [Point(t, round(math.log2(t)), t, code=i) for i, t in enumerate(fine)]
    control = measured_control(points, ControlRange(fine[0], fine[-1], 1e-5), gain=False)
    assert control.stepped
    assert control.map.really == pytest.approx([2.0**ev for ev in range(-10, -3)])
    for asked, ev in zip(control.asked[1:-1], range(-9, -4), strict=True):
        assert abs(math.log2(asked) - ev) < 0.13
    assert len(control.codes) == len(control.asked)


def test_a_stepped_control_keeps_only_the_zones_at_its_ends() -> None:
    fine = [0.001 * 2 ** (i / 8) for i in range(49)]  # six stops
    light = [max(-9.0, min(-5.0, math.floor(i / 8) - 10.0)) for i in range(49)]  # the lowest two alike, the top two too
    control = measured_control(
        [Point(t, ev) for t, ev in zip(fine, light, strict=True)], ControlRange(0.001, fine[-1]), gain=False
    )
    assert control.stepped
    assert control.dead_zones == (Span(fine[0], fine[15]), Span(fine[40], fine[48]))
    listed = ControlRange(fine[0], fine[-1], values=tuple(fine))
    assert not measured_control([Point(t, ev) for t, ev in zip(fine, light, strict=True)], listed, gain=False).stepped


def test_a_step_is_the_median_light_of_its_values_at_the_one_nearest_to_their_middle() -> None:
    fine = [0.001 * 2 ** (i / 5) for i in range(25)]
    light = [math.floor(i / 5) - 10.0 + 0.01 * (i % 5 == 0) - 0.02 * (i % 5 == 4) for i in range(25)]
    points = [Point(t, ev, t, i, float(i)) for i, (t, ev) in enumerate(zip(fine, light, strict=True))]
    control = measured_control(points, ControlRange(fine[0], fine[-1]), gain=True)
    assert control.asked == tuple(fine[2::5])
    assert control.light_ev == (-10.0, -9.0, -8.0, -7.0, -6.0)
    assert control.codes == (2, 7, 12, 17, 22)
    assert control.noise == (2.0, 7.0, 12.0, 17.0, 22.0)


def test_steps_are_told_by_shares_of_the_range_whatever_its_unit() -> None:
    asked = [0.001, 0.001 * 2.0**10]
    assert is_stepped(asked, [Span(0.002, 0.0081), Span(0.016, 0.065)])
    assert not is_stepped(asked, [Span(0.002, 0.0079), Span(0.016, 0.063)])


def test_the_first_and_the_narrowest_zone_have_edges_too() -> None:
    assert where_to_look([1.0, 2.0, 4.0], [0.0, 0.0, 1.0], widest_ev=math.inf) == [(2.0, 4.0)]
    assert where_to_look([1.0, 2.0, 4.0], [0.0, 1.0, 1.0], widest_ev=math.inf) == [(1.0, 2.0)]
    narrow = [1.0, 2.0, 2.0 * 2**0.05, 4.0]
    assert len(where_to_look(narrow, [0.0, 1.0, 1.0, 1.9], widest_ev=math.inf)) == 2
    narrower = [1.0, 2.0, 2.0 * 2**0.035, 4.0]
    assert where_to_look(narrower, [0.0, 1.0, 1.0, 1.9], widest_ev=math.inf) == []


def test_a_leap_is_one_for_narrow_pairs_too_and_the_largest_comes_first() -> None:
    root = math.sqrt(2)
    assert where_to_look([1.0, root], [0.0, 0.96], widest_ev=math.inf) == [(1.0, root)]
    assert where_to_look([1.0, root], [0.0, 0.94], widest_ev=math.inf) == []
    assert where_to_look([1.0, root], [0.0, -0.11], widest_ev=math.inf) == [(1.0, root)]
    assert where_to_look([1.0, 2.0, 4.0, 8.0], [0.0, 2.0, -1.0, 0.0], widest_ev=math.inf) == [(2.0, 4.0), (1.0, 2.0)]


def test_between_steps_that_stand_still_there_is_one_edge() -> None:
    asked = [2.0**n for n in range(6)]
    assert where_to_look(asked, [0.0, 0.0, 0.0, 2.0, 2.0, 2.0], widest_ev=math.inf) == [(4.0, 8.0)]
    assert where_to_look(asked, [0.0, 0.7, 1.4, 2.0, 2.0, 2.8], widest_ev=math.inf) == [(16.0, 32.0), (4.0, 8.0)]


def test_exactly_at_a_border_a_zone_counts_and_a_move_does_not() -> None:
    assert dead_zones([1.0, 2**0.2, 2.0, 4.0], [0.0, 0.0, 1.0, 2.0]) == [Span(1.0, 2**0.2)]
    assert dead_zones([1.0, 2.0, 4.0], [0.0, 0.05, 1.0]) == [Span(1.0, 2.0)]
    assert dead_zones([1.0, 2**0.03, 2**0.25], [0.0, 0.025, 0.025]) == [Span(1.0, 2**0.25)]
    assert where_to_look([1.0, 2.0], [0.0, 1.8 + 0.05], widest_ev=math.inf) == []
    assert where_to_look([1.0, 2.0], [0.0, -0.1], widest_ev=math.inf) == []
    assert where_to_look([1.0, 2.0, 2.0 * 2**0.04, 4.0], [0.0, 1.0, 1.0, 1.9], widest_ev=math.inf) == []
    assert falls([1.0, 2.0], [0.0, -0.1]) == []
    assert steps_of([0.0, 0.1]) == [range(0, 2)]
    assert steps_of([0.0, 0.12]) == [range(0, 1), range(1, 2)]


def test_exactly_at_a_border_a_camera_is_believed() -> None:
    assert judge_read_back([Point(1.0, 0.0, 2**0.12)] * 10, relative=False) is ReadBack.HONEST
