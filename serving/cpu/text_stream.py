"""Tokens to text as they come: whole characters only, cut at the first stop string."""

from collections.abc import Sequence
from typing import Any

from tokenizers.decoders import DecodeStream


class TextStream:
    """`push` returns the text that is safe to show; what might be the start of a stop string is held back."""

    def __init__(self, tokenizer: Any, stop: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._stop = tuple(stop)
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._tokens: list[int] = []
        self._decoded = ""
        self._shown = 0
        self.is_stopped = False

    def push(self, token: int) -> str:
        self._tokens.append(token)
        return self._show(self._decoder.step(self._tokenizer.backend_tokenizer, token) or "")

    def finish(self) -> str:
        """What was held back, an unfinished last character included."""
        if self.is_stopped:
            return ""
        whole = self._tokenizer.decode(self._tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        tail = whole[len(self._decoded) :] if whole.startswith(self._decoded) else ""
        return self._show(tail, is_last=True)

    def _show(self, piece: str, is_last: bool = False) -> str:
        self._decoded += piece
        found = [at for stop in self._stop if (at := self._decoded.find(stop)) >= 0]
        if found:
            self.is_stopped = True
            end = min(found)
        else:
            end = len(self._decoded) - (0 if is_last else self._held())
        shown, self._shown = self._decoded[self._shown : end], max(self._shown, end)
        return shown

    def _held(self) -> int:
        """Characters at the end that could grow into a stop string."""
        return max(
            (length for stop in self._stop for length in range(1, len(stop)) if self._decoded.endswith(stop[:length])),
            default=0,
        )
