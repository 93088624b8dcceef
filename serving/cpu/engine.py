"""Writes many replies at once: one thread, one batch, rows that join and leave between tokens.

A turn of the loop: drop cancelled rows, read a bounded piece of waiting prompts, then write one token for every row.
Rows may carry different compositions (serving.cpu.lora); none sees another's tokens.
"""

import logging
import threading
from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor

from serving.cpu.grammar import GrammarState
from serving.cpu.language_model import LanguageModel
from serving.cpu.row import Failed, Generation, Listener, Row
from serving.cpu.sampling import Sampler
from serving.cpu.text_stream import TextStream

logger = logging.getLogger(__name__)

PROMPT_TOKENS_PER_TURN = 256  # a long prompt may not hold up the rows that are already writing

REPLY_LOST = "the engine failed while writing this reply; the server's log has the reason"


class QueueFull(Exception):
    """More replies wait than the engine was told to hold."""


@dataclass(frozen=True)
class Load:
    writing: int
    waiting: int
    written_tokens: int
    prompt_tokens: int


class Engine:
    """`submit` from any thread; listeners are called from the engine's own thread."""

    def __init__(self, model: LanguageModel, max_rows: int, max_waiting: int) -> None:
        self.model = model
        self._max_rows = max_rows
        self._max_waiting = max_waiting
        self._cache = model.new_cache(max_rows)
        self._waiting: deque[Row] = deque()
        self._writing: list[Row] = []
        self._written_tokens = 0
        self._prompt_tokens = 0
        self._is_stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def submit(self, *asked: tuple[Generation, Listener]) -> list[Row]:
        """Queue replies, all or none. Raises QueueFull."""
        rows = [
            Row(
                asked=generation,
                listener=listener,
                sampler=Sampler(generation.sampling),
                text=TextStream(self.model.tokenizer, generation.stop),
                grammar=generation.grammar and GrammarState(generation.grammar, self.model.vocabulary_size),
            )
            for generation, listener in asked
        ]
        with self._changed:
            free = self._max_rows + self._max_waiting - len(self._writing) - len(self._waiting)
            if len(rows) > free or self._is_stopping:
                raise QueueFull(f"{len(self._waiting)} replies are waiting and at most {self._max_waiting} may")
            self._waiting.extend(rows)
            self._changed.notify_all()
        return rows

    @property
    def load(self) -> Load:
        return Load(len(self._writing), len(self._waiting), self._written_tokens, self._prompt_tokens)

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether nothing is written or waits any more, after at most `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._writing and not self._waiting, seconds)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """End after the current token; replies under way fail."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        self._thread.join()

    @torch.inference_mode()  # of the whole thread: drawing a token changes logits in place
    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopping or self._waiting or self._writing)
                if self._is_stopping:
                    break
            try:
                self._drop_cancelled()
                self._read_prompts()
                self._write_tokens()
            except Exception:
                # Whatever broke, the replies in hand are lost and the server must go on for the next ones.
                logger.exception("engine turn failed: writing=%d waiting=%d", len(self._writing), len(self._waiting))
                self._fail_all(REPLY_LOST)
            with self._changed:
                self._changed.notify_all()
        self._fail_all("the server is stopping")

    def _drop_cancelled(self) -> None:
        for at in reversed(range(len(self._writing))):
            if self._writing[at].is_cancelled:
                self._leave(at)
        with self._changed:
            self._waiting = deque(row for row in self._waiting if not row.is_cancelled)

    def _read_prompts(self) -> None:
        budget = PROMPT_TOKENS_PER_TURN
        while budget > 0 and self._waiting and len(self._writing) < self._max_rows:
            row = self._waiting[0]
            piece = row.asked.prompt[row.read : row.read + budget]
            if row.prompt_cache is None:
                row.prompt_cache = self.model.new_cache(rows=1)
            logits = self.model.read_prompt(piece, row.read, row.prompt_cache, row.asked.composition)
            row.read += len(piece)
            budget -= len(piece)
            self._prompt_tokens += len(piece)
            if row.read == len(row.asked.prompt):
                self._join(row)
                self._advance(len(self._writing) - 1, logits)

    def _write_tokens(self) -> None:
        rows = self._writing
        if not rows:
            return
        logits = self.model.step(
            [row.written[-1] for row in rows],
            [row.length for row in rows],
            self._cache,
            [row.asked.composition for row in rows],
        )
        # Backwards, because a row that leaves is replaced by the last one, whose turn has then passed.
        for at in reversed(range(len(rows))):
            self._advance(at, logits[at])

    def _join(self, row: Row) -> None:
        assert row.prompt_cache is not None
        self._cache.copy_row(row.prompt_cache, 0, len(self._writing), row.read)
        row.prompt_cache = None
        with self._changed:
            self._waiting.popleft()
            self._writing.append(row)

    def _advance(self, at: int, logits: Tensor) -> None:
        """Write row `at`'s next token; logits: (vocabulary,). One row's failure is its own."""
        row = self._writing[at]
        try:
            reason = row.take(logits, self.model.stop_ids)
            if reason is not None:
                row.finish(reason)
        except Exception:
            logger.exception("a reply failed: composition=%s", row.asked.composition and row.asked.composition.name)
            self._leave(at)
            _tell_lost(row, REPLY_LOST)
            return
        self._written_tokens += 1
        if reason is not None:
            self._leave(at)

    def _leave(self, at: int) -> None:
        """Drop row `at`; the last row takes its place, so that live rows stay the first ones."""
        last = self._writing.pop()
        if at < len(self._writing):
            self._cache.copy_row(self._cache, len(self._writing), at, last.length)
            self._writing[at] = last

    def _fail_all(self, message: str) -> None:
        with self._changed:
            lost = [*self._writing, *self._waiting]
            self._writing.clear()
            self._waiting.clear()
        for row in lost:
            _tell_lost(row, message)


def _tell_lost(row: Row, message: str) -> None:
    try:
        row.listener(Failed(message))
    except Exception:
        logger.exception("nobody listens to a lost reply")
