"""Asks arms the sets of examples; what was asked before is read from its file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import torch

from adapters.evaluation.arms import Arm
from adapters.evaluation.full_prompt import full_prompt
from adapters.evaluation.generation import Grammars, answers
from adapters.evaluation.language_model import LanguageModel
from adapters.evaluation.replies import ReplyFile
from adapters.evaluation.tasks import TaskSet
from adapters.training.example import Skill
from adapters.training.reply_schemas import REPLY_SCHEMAS

# Part of every reply file's name: raise it when the same inputs would be answered otherwise.
GENERATION_VERSION = 1

# From 16 rows on, the arithmetic of one core of the laptop is the limit and not its memory (about 165 tokens/s).
BATCH_SIZE = 32

# A schema ends every reply; this only stops one that spells its words letter by letter.
CONSTRAINED_TOKENS = 192
FREE_TOKENS: Mapping[Skill, int] = {
    Skill.COLUMN: 32,
    Skill.POLICY: 40,
    Skill.METRIC: 48,
    Skill.PLAN: 96,
    Skill.COPY: 80,
    Skill.REVISE: 80,
    Skill.READING: 80,
    Skill.BRAND: 80,
    Skill.NODE: 32,
    Skill.BRAND_PLAN: 96,
    Skill.BRAND_COPY: 96,
}
"""More than the longest right answer: what has not ended by then is wrong."""

CONTROL_TOKENS = 32


class Decoding(StrEnum):
    """Whether a JSON schema, the same for every arm, rules out what a server would rule out too."""

    CONSTRAINED = "constrained"
    FREE = "free"


def served_decoding(skill: Skill) -> Decoding:
    """How the agents ask for this skill, and so what claims are made on."""
    return Decoding.CONSTRAINED if skill in REPLY_SCHEMAS else Decoding.FREE


@dataclass(frozen=True)
class Question:
    task: TaskSet
    decoding: Decoding


@dataclass(frozen=True)
class Answered:
    """One arm's replies to one set."""

    arm: Arm
    question: Question
    replies: tuple[str, ...]

    def verdicts(self, measure: str) -> list[bool | None]:
        """None where the measure does not apply to the example."""
        check = self.question.task.measures[measure]
        return [check(example, reply) for example, reply in zip(self.question.task.rows, self.replies, strict=True)]


class Examiner:
    """The base is loaded when something has to be answered that is in no file yet.

    `done` hears how many more replies there are; `control` are the prompts that divergence is measured on.
    """

    def __init__(
        self,
        base: Path,
        base_sha256: str,
        folder: Path,
        done: Callable[[int], object] = lambda count: None,
        control: Sequence[str] = (),
    ) -> None:
        self._base = base
        self._base_sha256 = base_sha256
        self._folder = folder
        self._done = done
        self._control = tuple(control)
        self._expected: list[torch.Tensor] = []
        self.generated = 0

    @cached_property
    def model(self) -> LanguageModel:
        return LanguageModel(self._base)

    @cached_property
    def _grammars(self) -> Mapping[Skill, object]:
        grammars = Grammars(self.model)
        return {skill: grammars.compiled(schema) for skill, schema in REPLY_SCHEMAS.items()}

    def ask(self, arm: Arm, questions: Sequence[Question]) -> list[Answered]:
        found = [self._file(arm, question).read() for question in questions]
        missing = any(
            len(replies) < len(question.task.rows) for replies, question in zip(found, questions, strict=True)
        )
        with self._carrying(arm) if missing else nullcontext():
            return [
                Answered(arm, question, self._completed(arm, question, replies))
                for replies, question in zip(found, questions, strict=True)
            ]

    def divergences(self, arm: Arm) -> list[float]:
        """Per control prompt, the mean over the base's own greedy answer of KL(base || arm) in nats per token."""
        continuations = self._control_answers()
        kept = ReplyFile(self._folder, ["kl", GENERATION_VERSION, self._base_sha256, arm.digest, *continuations])
        known = kept.read()
        if len(known) < len(self._control):
            if len(self._expected) < len(self._control):
                self._expected = list(self._distributions(continuations))
            with self._carrying(arm):
                own = self._distributions(continuations)
                known = {
                    row: repr(float((expected.exp() * (expected - found)).sum(-1).mean()))
                    for row, (expected, found) in enumerate(zip(self._expected, own, strict=True))
                }
            kept.add(known)
        return [float(known[row]) for row in range(len(self._control))]

    def _completed(self, arm: Arm, question: Question, known: Mapping[int, str]) -> tuple[str, ...]:
        """Batches are cut the same way whatever is known already, so going on gives what a whole run gives."""
        prompts = _prompts(arm, question)
        file, replies = self._file(arm, question), dict(known)
        order = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))
        for start in range(0, len(order), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            if any(row not in replies for row in batch):
                rows = [self.model.prompt_tokens(prompts[row]) for row in batch]
                grammar = self._grammars[question.task.skill] if question.decoding is Decoding.CONSTRAINED else None
                new = dict(zip(batch, answers(self.model, rows, _limit(question), grammar), strict=True))
                file.add({row: reply for row, reply in new.items() if row not in replies})
                replies |= new
                self.generated += len(new)
            self._done(len(batch))
        return tuple(replies[row] for row in range(len(prompts)))

    def _file(self, arm: Arm, question: Question) -> ReplyFile:
        schema = REPLY_SCHEMAS[question.task.skill] if question.decoding is Decoding.CONSTRAINED else None
        return ReplyFile(
            self._folder,
            [GENERATION_VERSION, self._base_sha256, arm.digest, _prompts(arm, question), schema, _limit(question)],
        )

    def _control_answers(self) -> list[str]:
        prompts = self._control
        kept = ReplyFile(self._folder, ["control", GENERATION_VERSION, self._base_sha256, CONTROL_TOKENS, *prompts])
        if len(known := kept.read()) < len(prompts):
            rows = [self.model.prompt_tokens(prompt) for prompt in prompts]
            known = dict(enumerate(answers(self.model, rows, CONTROL_TOKENS)))
            kept.path.unlink(missing_ok=True)
            kept.add(known)
        return [known[row] for row in range(len(prompts))]

    def _distributions(self, continuations: Sequence[str]) -> Iterator[torch.Tensor]:
        for prompt, answer in zip(self._control, continuations, strict=True):
            yield self.model.log_probabilities(
                self.model.prompt_tokens(prompt), self.model.answer_tokens(answer)[:CONTROL_TOKENS]
            )

    def _carrying(self, arm: Arm) -> AbstractContextManager[None]:
        return self.model.carrying(arm.build())


def _prompts(arm: Arm, question: Question) -> list[str]:
    return [full_prompt(example) if arm.reads_rules else example.prompt for example in question.task.rows]


def _limit(question: Question) -> int:
    if question.decoding is Decoding.CONSTRAINED:
        return CONSTRAINED_TOKENS
    return FREE_TOKENS[question.task.skill]
