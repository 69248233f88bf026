import numpy as np

from autoexposure.metering.drawing import FULL_EV, GREEN, RED
from autoexposure.metering.policy import Decision
from gui.preview.messages import scales_for
from gui.preview.overlays import Overlays

EVERYTHING = Overlays(attention=True, exposure=True)


def test_a_scale_for_each_map_on_screen(running):
    exposure, attention = scales_for(running.decision, EVERYTHING)
    assert (exposure.low, exposure.high) == (f"lower −{FULL_EV:g}", f"+{FULL_EV:g} raise")
    assert exposure.stops == (RED, (0, 0, 0), GREEN)
    assert (attention.low, attention.high) == ("attention 0.20", "1.00")
    assert attention.stops == ((51, 51, 51), (255, 255, 255))
    assert len(scales_for(running.decision, Overlays(exposure=True))) == 1


def test_an_even_attention_is_bright_at_both_ends():
    even = Decision(0.0, np.full((15, 15), 0.7, np.float32))
    (scale,) = scales_for(even, EVERYTHING)
    assert scale.stops == ((255, 255, 255), (255, 255, 255))


def test_the_zebra_s_level_is_said_with_or_without_a_meter():
    (scale,) = scales_for(None, Overlays(zebra=True, zebra_code=204))
    assert (scale.low, scale.high) == ("zebra from 80 %", "white")
    assert scale.stops == ((204, 204, 204), (255, 255, 255))


def test_no_map_no_scale():
    assert scales_for(None, EVERYTHING) == []
    assert scales_for(Decision(0.4), EVERYTHING) == []
    nothing = Decision(0.0, np.zeros((15, 15), np.float32))
    assert scales_for(nothing, EVERYTHING)[0].stops == ((0, 0, 0), (255, 255, 255))
