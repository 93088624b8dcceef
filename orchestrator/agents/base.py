"""What every agent does the same way: ask, parse, ask once more with what was wrong, and account for it."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from orchestrator.federation import DEFAULT_MAX_TOKENS, LoRAFederation
from schemas.errors import ModelReplyInvalid, ModelServerUnavailable
from schemas.run import Tokens
from schemas.tasks import Task

UserInput = TypeVar("UserInput")
Result = TypeVar("Result")
Question = TypeVar("Question")

ATTEMPTS = 2


@dataclass
class Account:
    """What one `execute` asked of the model."""

    answered_by: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompts: "hashlib._Hash | None" = None
    fallback: str | None = None

    def note_prompt(self, prompt: str) -> None:
        self.prompts = self.prompts or hashlib.sha256()
        self.prompts.update(prompt.encode())

    @property
    def tokens(self) -> Tokens:
        return Tokens(prompt=self.prompt_tokens, completion=self.completion_tokens)

    @property
    def prompt_sha256(self) -> str | None:
        return self.prompts.hexdigest() if self.prompts else None


class BaseAgent(ABC, Generic[UserInput, Question, Result]):
    """`tools` are the plain functions and objects the agent may use, by name; they compute, the model only words.

    `execute` does the step. On the way it `ask`s as many questions as it needs; each becomes a prompt by `build_prompt`
    and each reply a typed value by `parse_result`, which may look at `self.question`.
    """

    task: Task
    reply_schema: Mapping[str, object] | None = None
    max_tokens: int = DEFAULT_MAX_TOKENS
    question: Question

    def __init__(self, name: str, federation: LoRAFederation, tools: Mapping[str, Any]) -> None:
        self.name = name
        self.federation = federation
        self.tools = tools
        self.account = Account()

    @abstractmethod
    def build_prompt(self, user_input: Question) -> str:
        """The prompt of one question, worded in `adapters.prompts`."""

    @abstractmethod
    def parse_result(self, result: str) -> Any:
        """A typed value. Raises ModelReplyInvalid saying what is wrong with the reply."""

    @abstractmethod
    def work(self, user_input: UserInput) -> Result:
        """The step itself. A model that fails never stops it."""

    def execute(self, user_input: UserInput) -> Result:
        self.account = Account()
        return self.work(user_input)

    def ask(self, question: Question) -> Any:
        """The parsed reply, or None when the model was down or twice wrong; the account then holds the reason."""
        self.question = question
        prompt = attempt = self.build_prompt(question)
        for _ in range(ATTEMPTS):
            try:
                return self.parse_result(self._text(attempt))
            except ModelServerUnavailable as error:
                reason = str(error)
                break
            except ModelReplyInvalid as error:
                reason = str(error)
                attempt = f"{prompt}\nYour last answer was refused: {reason}"
        self.account.fallback = reason
        return None

    def _text(self, prompt: str) -> str:
        account = self.account
        account.note_prompt(prompt)
        reply = self.federation.infer(prompt, self.task, reply_schema=self.reply_schema, max_tokens=self.max_tokens)
        account.answered_by = reply.answered_by
        account.prompt_tokens += reply.tokens.prompt
        account.completion_tokens += reply.tokens.completion
        if not reply.text.strip():
            raise ModelReplyInvalid("the reply is empty")
        return reply.text.strip()
