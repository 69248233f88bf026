import numpy as np

from models.data.simulated_experts import make_scene
from models.people.scene_facts import FACTS, scene_facts

PLACE = {name: place for place, name in enumerate(FACTS)}


def fact(name: str, pixels: np.ndarray, mask: np.ndarray | None = None) -> float:
    return float(scene_facts(make_scene(pixels, mask))[PLACE[name]])


def grey(level: int) -> np.ndarray:
    return np.full((48, 48, 3), level, np.uint8)


def test_each_fact_follows_what_it_is_named_after() -> None:
    half = grey(60)
    half[:, 24:] = 160
    sky = grey(60)
    sky[:16] = 200
    spot, mask = grey(40), np.zeros((48, 48), np.uint8)
    spot[16:32, 16:32] = 120
    mask[16:32, 16:32] = 255
    lamp = grey(60)
    lamp[:8] = 255
    noise = np.random.default_rng(0).integers(40, 200, (48, 48, 1)).astype(np.uint8).repeat(3, axis=2)
    red, leaf = grey(90), grey(90)
    red[..., 0] = 180
    leaf[..., 1] = 150
    for name, more, less in [
        ("light", grey(120), grey(50)),
        ("highlights", lamp, grey(60)),
        ("shadows", grey(50), grey(10)),
        ("contrast", half, grey(90)),
        ("clipped", lamp, grey(60)),
        ("centre", spot, grey(90)),
        ("sky", sky, grey(90)),
        ("saturation", red, grey(90)),
        ("warmth", red, grey(90)),
        ("green", leaf, red),
        ("detail", noise, grey(90)),
        ("balance", half, grey(90)),
    ]:
        assert fact(name, more) > fact(name, less) + 0.2, name
    assert fact("subject", spot, mask) > fact("subject", grey(90), mask) + 0.2
    assert fact("subject size", spot, mask * 0 + 255) > fact("subject size", spot, mask)


def test_no_picture_is_too_odd() -> None:
    for level in (0, 255):
        facts = scene_facts(make_scene(grey(level), None))
        assert facts.shape == (len(FACTS),)
        assert np.all(np.abs(facts) <= 2.5)
