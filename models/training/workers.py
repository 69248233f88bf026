"""One training run in several processes, on one machine or many, started by torchrun; without it, one process.

Every process draws its own rows of the same batch and torch averages the gradients, so the run learns the same as one
process would. The first one writes the files, and its clock counts for all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn

from autoexposure.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes of a run.

    Attributes
    ----------
    rank : which one this process is; 0 is the first.
    count : how many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes the checkpoints and the log."""
        return self.rank == 0

    def rows(self, batch: int) -> range:
        """Rows of a batch that this process draws. Raises ConfigError if the batch can't be shared out evenly."""
        if batch % self.count:
            raise ConfigError(f"a batch of {batch} can't be shared by {self.count} processes; choose a multiple")
        share = batch // self.count
        return range(self.rank * share, (self.rank + 1) * share)

    def agree(self, value: float) -> float:
        """The first process's ``value``, in all of them."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=training_device())
        with _partners():
            distributed.broadcast(shared, src=0)
        return float(shared.item())

    def mean(self, value: float) -> float:
        """Mean of ``value`` over all processes."""
        if self.count == 1:
            return value
        total = torch.tensor([value], dtype=torch.float64, device=training_device())
        with _partners():
            distributed.all_reduce(total)
        return float(total.item()) / self.count

    def highest(self, value: int) -> int:
        """The highest ``value`` of all processes, in all of them."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.int64, device=training_device())
        with _partners():
            distributed.all_reduce(shared, distributed.ReduceOp.MAX)
        return int(shared.item())

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """The others wait until the first process is through, then follow: for what is made once and read by all."""
        if self.count > 1 and not self.first:
            with _partners():
                distributed.barrier()
        yield
        if self.count > 1 and self.first:
            with _partners():
                distributed.barrier()

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network with gradients averaged over all processes."""
        return network if self.count == 1 else nn.parallel.DistributedDataParallel(network)


@contextmanager
def _partners() -> Iterator[None]:
    """While waiting for the other processes. Raises ConfigError if one is gone."""
    try:
        yield
    except RuntimeError as error:  # all that torch says of it
        raise ConfigError(
            "another process of this training ended, so this one does: start all of them again"
        ) from error


def training_device() -> torch.device:
    """The GPU of this process if torch sees one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


@contextmanager
def join_workers() -> Iterator[Workers]:
    """Join the run that torchrun started this process for (RANK and WORLD_SIZE in the environment), if it did."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Workers()
        return
    device = training_device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Workers(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
