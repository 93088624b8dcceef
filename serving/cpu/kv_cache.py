"""Keys and values of the rows that decode together; rows join and leave between steps.

Live rows are always the first ones, so attention reads a view and nothing is copied per step: a row that leaves
is replaced by the last one.
"""

from typing import Any

import torch
from torch import Tensor

SMALLEST_CAPACITY = 256  # tokens per row; doubled when a row outgrows it


class RowCache:
    """The part of transformers' Cache that a model's attention calls (`update`), over (rows, heads, tokens, size).

    Before a forward pass the caller says where the new tokens go: `write_at` for one token per row,
    `write_from` for a piece of row 0's prompt.
    """

    is_compileable = False

    def __init__(self, layers: int, rows: int, heads: int, size: int, dtype: torch.dtype) -> None:
        self._shape = (rows, heads, 0, size)
        self._keys = [torch.zeros(self._shape, dtype=dtype) for _ in range(layers)]
        self._values = [torch.zeros(self._shape, dtype=dtype) for _ in range(layers)]
        self._positions = self._rows = torch.zeros(0, dtype=torch.long)
        self._start = 0
        self._span = 0

    def write_at(self, positions: Tensor) -> None:
        """positions: (rows,), where each row's next token goes."""
        self._positions = positions
        self._rows = torch.arange(len(positions))
        self._span = int(positions.max()) + 1
        self._grow_to(self._span)

    def write_from(self, start: int, tokens: int) -> None:
        """The next forward pass holds `tokens` tokens of row 0 from position `start`."""
        self._positions = torch.zeros(0, dtype=torch.long)
        self._start, self._span = start, start + tokens
        self._grow_to(self._span)

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Store one layer's new keys and values and return all that attention may look at."""
        rows = keys.shape[0]
        for kept, new in ((self._keys[layer], keys), (self._values[layer], values)):
            if len(self._positions):
                kept[self._rows, :, self._positions] = new[:, :, 0]
            else:
                kept[0, :, self._start : self._span] = new[0]
        return self._keys[layer][:rows, :, : self._span], self._values[layer][:rows, :, : self._span]

    def copy_row(self, source: "RowCache", source_row: int, row: int, tokens: int) -> None:
        self._grow_to(tokens)
        for mine, theirs in ((self._keys, source._keys), (self._values, source._values)):
            for kept, other in zip(mine, theirs, strict=True):
                kept[row, :, :tokens] = other[source_row, :, :tokens]

    def _grow_to(self, tokens: int) -> None:
        rows, heads, capacity, size = self._shape
        if tokens <= capacity:
            return
        grown = max(SMALLEST_CAPACITY, capacity)
        while grown < tokens:
            grown *= 2
        for kept in (self._keys, self._values):
            for layer, old in enumerate(kept):
                kept[layer] = old.new_zeros((rows, heads, grown, size))
                kept[layer][:, :, :capacity] = old
        self._shape = (rows, heads, grown, size)
