"""Other programs that can run the same network, as far as they are installed: for `autoexposure bench` alone.

All of them run on one thread, as ours does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from autoexposure.extras import first_missing
from autoexposure.metering.preview import Preview

log = logging.getLogger(__name__)

MULTIPLICATIONS = 174_334_752
"""Of one answer of the network that ships: output places times weights of every convolution, the two heads included. A
test counts them in its file. The 6,304 of the doubt's two layers are nothing beside them."""


def engines(model: Path, preview: Preview) -> Iterator[tuple[str, Callable[[], object]]]:
    """(name, what answers ``preview`` once) of every engine that is installed and takes the file ``model``."""
    for name, make in (("torch", _torch), ("OpenCV DNN", _opencv), ("OpenVINO", _openvino)):
        try:
            answer = make(model, preview)
        except (cv2.error, ImportError, OSError, RuntimeError, ValueError) as error:  # then the others are measured
            log.warning("%s can't run %s and is left out: %s", name, model.name, error)
            continue
        if answer is not None:
            yield name, answer


def _torch(model: Path, preview: Preview) -> Callable[[], object] | None:
    """The layers of ``models.network`` with weights of their start: what they are does not change what they cost."""
    if first_missing("torch"):
        return None
    import torch

    from models.network import AttentionFcn

    torch.set_num_threads(1)
    network = AttentionFcn().eval()
    tensor = torch.from_numpy(np.ascontiguousarray(preview))

    def answer() -> object:
        with torch.inference_mode():
            return network(tensor)

    answer()
    return answer


def _opencv(model: Path, preview: Preview) -> Callable[[], object]:
    cv2.setNumThreads(1)
    network = cv2.dnn.readNetFromONNX(str(model))

    def answer() -> object:
        network.setInput(preview)
        return network.forward()

    answer()
    return answer


def _openvino(model: Path, preview: Preview) -> Callable[[], object] | None:
    if first_missing("openvino"):
        return None
    import openvino

    compiled = openvino.Core().compile_model(str(model), "CPU", {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1})
    request = compiled.create_infer_request()

    def answer() -> object:
        return request.infer([preview])

    answer()
    return answer
