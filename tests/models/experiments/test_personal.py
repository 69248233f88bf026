import numpy as np
import torch

from autoexposure.metering.preview import make_preview
from models.experiments.own_heads import (
    DIRECTIONS,
    Given,
    Heads,
    Seen,
    answers_ev,
    cells_of,
    directions_of,
    trained,
)
from models.experiments.personal import _gain
from models.files.model_file import default_model_path
from models.people.looks import OFFSETS_EV
from models.training.finetune import FineTuneConfig
from models.training.trainable import load_trainable


def seen_by_the_base(photos: int) -> tuple[Seen, np.ndarray]:
    """Noise at `OFFSETS_EV`, and (N, L) what the network answers of it."""
    network = load_trainable(default_model_path())
    random = np.random.default_rng(0)
    scenes = random.uniform(20, 60, (photos, 1, 8, 8, 3)) * 2.0 ** OFFSETS_EV[:, None, None, None]
    blocks = np.kron(scenes.clip(0, 255).reshape(-1, 8, 8, 3), np.ones((1, 16, 16, 1))).astype(np.uint8)
    previews = [make_preview(each) for each in blocks]
    with torch.inference_mode():
        output = network(torch.from_numpy(np.concatenate(previews)))
    features = output.features.flatten(2).numpy()
    directions = directions_of(features)
    cells = cells_of(network, features, directions).astype(np.float16)
    shape = (photos, len(OFFSETS_EV))
    return Seen(cells.reshape(*shape, *cells.shape[1:]), directions), output.delta_ev.numpy().reshape(shape)


def test_untrained_heads_answer_as_the_network_does_whose_features_were_kept() -> None:
    seen, said_ev = seen_by_the_base(2)
    assert seen.cells.shape == (2, len(OFFSETS_EV), 2 + DIRECTIONS, 225)
    np.testing.assert_allclose(answers_ev(Heads(seen.directions).eval(), seen), said_ev, atol=0.01)


def test_heads_learn_which_way_a_person_wants_it() -> None:
    seen, _ = seen_by_the_base(2)
    heads = Heads(seen.directions).eval()
    before_ev = answers_ev(heads, seen)
    given = Given(np.array([0, 1]), np.array([0.0, 0.0]), np.array([1, 1]))
    config = FineTuneConfig(method="ordinal", steps=6, batch=8, learning_rate=1e-3)
    once, more = trained(seen, given, config, [1, 6])
    assert answers_ev(once, seen).mean() > before_ev.mean()
    assert answers_ev(more, seen).mean() > answers_ev(once, seen).mean()


def test_a_gain_is_of_the_errors_of_all_people_together() -> None:
    gain, within = _gain(np.array([0.5, 0.5, 1.0]), [0.5, 0.5, 0.8])
    assert np.isclose(gain, 0.1)
    assert np.isclose(_gain(np.full(3, 0.5), np.full(3, 0.4))[1], 0.0)
    assert within > 0.1
