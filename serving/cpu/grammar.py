"""Constraints on a reply, compiled by xgrammar (the engine vLLM uses) into masks over the vocabulary."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
import xgrammar
from torch import Tensor

from schemas.errors import InputInvalid

_WHERE = re.compile(r"^\[[0-9:]+\] \S+?:[0-9]+: ")  # xgrammar's messages start with a time and a C++ source line

JSON_ANY_OBJECT = {"type": "object"}


@dataclass(frozen=True)
class Constraint:
    """What a reply must be. `source` is a JSON text (schema, structural tag, list of choices), regex or EBNF.

    `allow_extra` lets objects hold properties their schema does not name.
    """

    kind: Literal["json_schema", "choice", "regex", "grammar", "structural_tag"]
    source: str
    allow_extra: bool = False


@dataclass
class GrammarCompiler:
    """Compiles constraints for one tokenizer and remembers what it compiled."""

    tokenizer: Any
    vocabulary_size: int
    stop_ids: tuple[int, ...]
    _compiler: Any = field(init=False)

    def __post_init__(self) -> None:
        known = xgrammar.TokenizerInfo.from_huggingface(
            self.tokenizer, vocab_size=self.vocabulary_size, stop_token_ids=list(self.stop_ids)
        )
        self._compiler = xgrammar.GrammarCompiler(
            known, max_threads=torch.get_num_threads(), cache_limit_bytes=256 * 1024 * 1024
        )

    def compile(self, constraint: Constraint) -> Any:
        """Milliseconds to seconds. Raises InputInvalid with xgrammar's reason when the constraint is no good."""
        try:
            return self._compiled(constraint)
        except (RuntimeError, ValueError, TypeError) as error:  # xgrammar's errors are RuntimeErrors
            reason = _WHERE.sub("", (str(error).strip().splitlines() or [type(error).__name__])[-1])
            raise InputInvalid(f"the {constraint.kind.replace('_', ' ')} cannot be enforced: {reason}") from error

    def _compiled(self, constraint: Constraint) -> Any:
        match constraint.kind:
            case "json_schema":
                # Fixed spacing, as json.dumps writes: with free spacing a small model can emit blanks for ever.
                return self._compiler.compile_json_schema(
                    constraint.source, any_whitespace=False, strict_mode=not constraint.allow_extra
                )
            case "choice":
                quoted = " | ".join(json.dumps(choice) for choice in json.loads(constraint.source))
                return self._compiler.compile_grammar(f"root ::= {quoted}")
            case "regex":
                return self._compiler.compile_regex(constraint.source)
            case "grammar":
                return self._compiler.compile_grammar(constraint.source)
            case "structural_tag":
                return self._compiler.compile_structural_tag(constraint.source)


class GrammarState:
    """One reply's place in its grammar."""

    def __init__(self, compiled: Any, vocabulary_size: int) -> None:
        self._matcher = xgrammar.GrammarMatcher(compiled)
        self._bitmask = xgrammar.allocate_token_bitmask(1, vocabulary_size)

    def rule_out(self, logits: Tensor) -> None:
        """Set the logits (vocabulary,) of every token that the grammar does not allow next to -inf, in place."""
        if self._matcher.fill_next_token_bitmask(self._bitmask):
            xgrammar.apply_token_bitmask_inplace(logits[None, :], self._bitmask)

    def accept(self, token: int) -> None:
        is_allowed = self._matcher.accept_token(token)
        assert is_allowed, f"token {token} was drawn although the grammar rules it out"

    @property
    def is_finished(self) -> bool:
        return bool(self._matcher.is_terminated())
