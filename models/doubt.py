"""`DoubtHead`: how far off an answer may be, told from what the answer was made of.

It is learned after everything else (`models.training.doubt`), over a network that no longer changes. So no answer is
any different for it, and whatever network there is can be given one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAST_DOUBT_EV = 0.02
"""No answer is surer than this: steps of a camera's exposure are seldom finer, and labels are not."""

LAPLACE_95_TO_68 = 2.63
"""Half width of the interval that holds 95 % over the one that holds 68 %, of errors that follow Laplace's
distribution: ln(1 - 0.95) / ln(1 - 0.68). Heads that were never calibrated go by it."""

WHITE_CODE, BLACK_CODE = 250, 5
"""A place is clipped if its brightest channel is at least this white, or its darkest at most this black: a mean of four
pixels, as a preview's are, seldom lies on the very last code."""

OF_THE_ANSWER = 9
"""How many numbers say what the answer and its maps are like, see `DoubtHead.signs`."""

MOST_UNUSUAL = 5.0
"""Signs count up to this many standard deviations from what is usual: nothing was learned of pictures beyond."""

DROPPED = 0.5
"""Share of the signs that each step of learning does without: there are many, and few errors to learn from."""


class DoubtHead(nn.Module):
    """Two layers over ``signs`` of how hard a picture is.

    Parameters
    ----------
    channels : of the features.
    hidden : units of the first layer.
    """

    usual: Tensor
    spread: Tensor
    calibration: Tensor

    def __init__(self, channels: int, hidden: int = 16) -> None:
        super().__init__()
        signs = channels + OF_THE_ANSWER
        self.dropout = nn.Dropout(DROPPED)  # while it is learned
        self.first = nn.Linear(signs, hidden)
        self.last = nn.Linear(hidden, 1)
        self.register_buffer("usual", torch.zeros(signs))
        self.register_buffer("spread", torch.ones(signs))
        # What the layers' word is multiplied by to hold 68 % of the errors, and how much wider 95 % is.
        self.register_buffer("calibration", torch.tensor([1.0, LAPLACE_95_TO_68]))

    @staticmethod
    def signs(preview: Tensor, attention: Tensor, exposure_map: Tensor, features: Tensor) -> Tensor:
        """What is told of an answer, (N, channels + OF_THE_ANSWER).

        The features where the network looks; the answer before it is limited, how much its cells differ there and
        everywhere, and their plain mean; how much attention there is and how it differs; the shares of the picture that
        are white and black, and its mean code.

        Parameters
        ----------
        preview : (N, 3, 128, 128) RGB code values 0..255.
        attention, exposure_map, features : as of `models.network.AttentionOutput`.
        """
        weights = attention / attention.sum(dim=(1, 2), keepdim=True)
        answer_ev = (weights * exposure_map).sum(dim=(1, 2))
        off_answer_ev = exposure_map - answer_ev[:, None, None]
        of_the_answer = (
            answer_ev,
            (weights * off_answer_ev.square()).sum(dim=(1, 2)).sqrt(),
            exposure_map.mean(dim=(1, 2)),
            exposure_map.std(dim=(1, 2)),
            attention.mean(dim=(1, 2)),
            attention.std(dim=(1, 2)),
            (preview.amax(dim=1) >= WHITE_CODE).float().mean(dim=(1, 2)),
            (preview.amin(dim=1) <= BLACK_CODE).float().mean(dim=(1, 2)),
            preview.mean(dim=(1, 2, 3)) / 255,
        )
        looked_at = (weights[:, None] * features).sum(dim=(2, 3))
        return torch.cat([looked_at, torch.stack(of_the_answer, dim=1)], dim=1)

    def of_signs(self, signs: Tensor) -> Tensor:
        """(N, signs) -> (N,) EV, not calibrated."""
        usual = ((signs - self.usual) / self.spread).clamp(-MOST_UNUSUAL, MOST_UNUSUAL)
        said = self.last(functional.relu(self.first(self.dropout(usual))))
        return functional.softplus(said).squeeze(1) + LEAST_DOUBT_EV

    def forward(self, preview: Tensor, attention: Tensor, exposure_map: Tensor, features: Tensor) -> Tensor:
        """(N,) half width in EV of the interval that holds 68 % of the answer's errors; parameters as of `signs`."""
        return self.of_signs(self.signs(preview, attention, exposure_map, features)) * self.calibration[0]
