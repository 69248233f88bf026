import pytest

from drivers.phone.rate_control import RateConfig, RateControl

BYTES_PER_PIXEL = 0.15
"""Of a phone's JPEG at quality 0.75; measured on photographs."""


def run(rate_control, bits_per_s, latency_s, rounds=60):
    """Rounds on a link of this bandwidth; returns the rounds' lengths."""
    lengths = []
    for _ in range(rounds):
        request = rate_control.request(0.0)
        size = request.long_side_px**2 * 0.75 * BYTES_PER_PIXEL * request.quality / 0.75
        lengths.append(size * 8 / bits_per_s + latency_s)
        rate_control.measured(int(size), lengths[-1])
    return lengths


def test_a_good_wifi_gets_the_largest_pictures():
    rate_control = RateControl()
    run(rate_control, 50e6, 0.008)
    assert rate_control.request(0.0).long_side_px == max(rate_control.config.ladder_px)


def test_a_slow_phone_gets_pictures_it_can_send_in_time():
    rate_control = RateControl()
    lengths = run(rate_control, 200e3, 0.02)
    assert lengths[0] > 3 * rate_control.config.longest_round_s
    assert lengths[-1] < 2 * rate_control.config.longest_round_s
    assert rate_control.request(0.0).long_side_px == min(rate_control.config.ladder_px)


@pytest.mark.parametrize("bits_per_s", [200e3, 1e6, 3e6, 10e6])
def test_the_size_comes_to_rest(bits_per_s):
    rate_control = RateControl()
    run(rate_control, bits_per_s, 0.01)
    sizes = set()
    for _ in range(40):
        run(rate_control, bits_per_s, 0.01, rounds=1)
        sizes.add(rate_control.request(0.0).long_side_px)
    assert len(sizes) == 1


def test_a_link_that_gets_better_is_used():
    rate_control = RateControl()
    run(rate_control, 200e3, 0.02)
    run(rate_control, 20e6, 0.01)
    assert rate_control.request(0.0).long_side_px >= 640


def test_one_long_round_is_no_reason():
    rate_control = RateControl()
    run(rate_control, 50e6, 0.008)
    rate_control.measured(50_000, 1.0)
    assert rate_control.request(0.0).long_side_px == max(rate_control.config.ladder_px)


def test_fast_while_the_exposure_changes_and_calm_after():
    rate_control = RateControl(RateConfig(calm_after_s=3.0))
    assert rate_control.request(0.0).interval_s == rate_control.config.calm_interval_s
    rate_control.exposure_changed(10.0)
    assert rate_control.request(12.9).interval_s == rate_control.config.busy_interval_s
    assert rate_control.request(13.0).interval_s == rate_control.config.calm_interval_s


def test_throughput_is_measured():
    rate_control = RateControl()
    for _ in range(20):
        rate_control.measured(2500, 0.1)
    assert rate_control.throughput_bps == pytest.approx(200e3)


@pytest.mark.parametrize("round_s", [0.0, -1.0])
def test_nonsense_is_not_measured(round_s):
    rate_control = RateControl()
    rate_control.measured(1000, round_s)
    assert rate_control.throughput_bps == 0
