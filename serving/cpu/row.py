"""One reply being written: what was asked, how far it is, and who listens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from torch import Tensor

from serving.cpu.grammar import GrammarState
from serving.cpu.kv_cache import RowCache
from serving.cpu.lora import Composition
from serving.cpu.sampling import GREEDY, Sampler, Sampling
from serving.cpu.text_stream import TextStream


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True)
class Generation:
    """One reply to write. `grammar` is a compiled grammar of serving.cpu.grammar."""

    prompt: tuple[int, ...]
    composition: Composition | None
    max_tokens: int
    sampling: Sampling = GREEDY
    stop: tuple[str, ...] = ()
    grammar: Any = None
    ignores_stop_token: bool = False


@dataclass(frozen=True)
class Piece:
    """Some more of the reply's text."""

    text: str


@dataclass(frozen=True)
class Finished:
    reason: FinishReason
    tokens: int


@dataclass(frozen=True)
class Failed:
    """The engine broke while writing this reply."""

    message: str


Event = Piece | Finished | Failed
Listener = Callable[[Event], None]


@dataclass
class Row:
    """A reply in the engine. The engine's thread owns it; others may only call `cancel`."""

    asked: Generation
    listener: Listener
    sampler: Sampler
    text: TextStream
    grammar: GrammarState | None
    prompt_cache: RowCache | None = None
    read: int = 0
    written: list[int] = field(default_factory=list)
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Stop writing before the next token; the listener hears nothing more."""
        self.is_cancelled = True

    @property
    def length(self) -> int:
        """Tokens whose keys and values are cached: all but the one written last."""
        return len(self.asked.prompt) + len(self.written) - 1

    def take(self, logits: Tensor, stop_ids: tuple[int, ...]) -> FinishReason | None:
        """Draw the next token from `logits` (vocabulary,), tell the listener, and say whether the reply is over."""
        if self.grammar is not None:
            self.grammar.rule_out(logits)
        token = self.sampler.next_token(logits, self.written)
        self.written.append(token)
        if self.grammar is not None:
            self.grammar.accept(token)
        if token in stop_ids and (not self.asked.ignores_stop_token or self.grammar is not None):
            return FinishReason.STOP
        self._tell(self.text.push(token))
        if self.text.is_stopped:
            return FinishReason.STOP
        return FinishReason.LENGTH if len(self.written) >= self.asked.max_tokens else None

    def finish(self, reason: FinishReason) -> None:
        """Tell the listener what was held back, which may hold a stop string after all, and that this is the end."""
        self._tell(self.text.finish())
        self.listener(Finished(FinishReason.STOP if self.text.is_stopped else reason, len(self.written)))

    def _tell(self, text: str) -> None:
        if text:
            self.listener(Piece(text))
