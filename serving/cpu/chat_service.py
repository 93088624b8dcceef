"""One chat request from body to tokens: composition, prompt, constraint, then the engine."""

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from schemas.errors import AdapterError, InputInvalid
from serving.api_error import ApiError
from serving.cpu.chat_request import ChatRequest
from serving.cpu.compositions import Compositions
from serving.cpu.engine import Engine, QueueFull
from serving.cpu.grammar import GrammarCompiler
from serving.cpu.lora import Composition
from serving.cpu.rendering import prompt_tokens, reply_constraint
from serving.cpu.replies import ReplyHead
from serving.cpu.row import Event, Failed, Finished, Generation, Listener, Row
from serving.cpu.sampling import Sampling
from serving.edge import Catalogue

logger = logging.getLogger(__name__)

FINGERPRINT_DIGITS = 12


@dataclass
class Writing:
    """The replies of one request under way, as a stream of (choice, event)."""

    head: ReplyHead
    prompt_tokens: int
    choices: int
    rows: list[Row]
    queue: "asyncio.Queue[tuple[int, Event]]"

    async def events(self) -> AsyncIterator[tuple[int, Event]]:
        open_choices = self.choices
        while open_choices:
            at, event = await self.queue.get()
            open_choices -= isinstance(event, Finished | Failed)
            yield at, event

    def cancel(self) -> None:
        """Write no further; nothing happens to what is finished."""
        for row in self.rows:
            row.cancel()


@dataclass(frozen=True)
class ChatService:
    engine: Engine
    catalogue: Catalogue
    compositions: Compositions
    grammars: GrammarCompiler
    default_max_tokens: int

    async def start(self, request: ChatRequest) -> Writing:
        """Raises ApiError; nothing is queued then."""
        name, composition = await self._composition(request.model)
        prompt = prompt_tokens(request, self.engine.model.tokenizer)
        room = self.engine.model.max_tokens - len(prompt)
        if room < 1:
            raise ApiError(
                400,
                f"the messages are {len(prompt)} tokens and leave no room for a reply: this server's context is "
                f"{self.engine.model.max_tokens} tokens; shorten them",
                param="messages",
                code="context_length_exceeded",
            )
        generation = Generation(
            prompt=prompt,
            composition=composition,
            max_tokens=min(request.reply_limit or self.default_max_tokens, room),
            stop=request.stops,
            grammar=await self._grammar(request),
            ignores_stop_token=bool(request.ignore_eos),
        )
        return self._submit(request, generation, name)

    async def _composition(self, name: str) -> tuple[str, Composition | None]:
        try:
            return await asyncio.to_thread(self.compositions.load, name)
        except (AdapterError, InputInvalid) as error:
            logger.error("composition not loaded: name=%s reason=%s", name, error)
            raise ApiError(500, f"model {name!r} could not be composed; the server's log says why") from error

    async def _grammar(self, request: ChatRequest) -> object | None:
        constraint = reply_constraint(request)
        if constraint is None:
            return None
        try:
            return await asyncio.to_thread(self.grammars.compile, constraint)
        except InputInvalid as error:
            named = "structured_outputs" if request.structured_outputs else "response_format"
            param = "tools" if constraint.kind == "structural_tag" else named
            raise ApiError(400, str(error), param=param, code="invalid_constraint") from error

    def _submit(self, request: ChatRequest, generation: Generation, name: str) -> Writing:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[int, Event]] = asyncio.Queue()

        def listener(at: int) -> Listener:
            def tell(event: Event) -> None:
                with contextlib.suppress(RuntimeError):  # the loop is gone: the server is stopping
                    loop.call_soon_threadsafe(queue.put_nowait, (at, event))

            return tell

        choices = request.n or 1
        asked = [(_with_sampling(generation, request, at), listener(at)) for at in range(choices)]
        try:
            rows = self.engine.submit(*asked)
        except QueueFull as error:
            raise ApiError(429, f"the server is busy: {error}; try again shortly", code="queue_full") from error
        head = ReplyHead(model=name, fingerprint=self.catalogue.base.sha256[:FINGERPRINT_DIGITS])
        return Writing(head, len(generation.prompt), choices, rows, queue)


def _with_sampling(generation: Generation, request: ChatRequest, choice: int) -> Generation:
    """Choices of one seeded request differ, and do so the same way every time."""
    sampling = Sampling(
        temperature=1.0 if request.temperature is None else request.temperature,
        top_p=request.top_p or 1.0,
        top_k=max(request.top_k or 0, 0),
        presence_penalty=request.presence_penalty or 0.0,
        frequency_penalty=request.frequency_penalty or 0.0,
        seed=None if request.seed is None else request.seed + choice,
    )
    return dataclasses.replace(generation, sampling=sampling)
