"""Where an interrupted training goes on: one file, replaced whole, gone once the adapter is made."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch


class Checkpoints:
    """`file` must be named after everything that the training depends on, so that no other run goes on from it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def save(self, progress: Any, weights: Sequence[torch.Tensor], optimizer: Any, schedule: Any) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._file.with_suffix(".unfinished")
        state = {
            "progress": dataclasses.asdict(progress),
            "weights": [weight.detach() for weight in weights],
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "random": torch.get_rng_state(),
        }
        torch.save(state, unfinished)
        os.replace(unfinished, self._file)

    def restore(self, progress: Any, weights: Sequence[torch.Tensor], optimizer: Any, schedule: Any) -> None:
        """Puts back what `save` kept; does nothing when there is no checkpoint."""
        if not self._file.is_file():
            return
        state = torch.load(self._file, weights_only=True)
        for name, value in state["progress"].items():
            setattr(progress, name, value)
        with torch.no_grad():
            for weight, kept in zip(weights, state["weights"], strict=True):
                weight.copy_(kept)
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"])

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)
