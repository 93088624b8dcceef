"""The federation as an agent sees it: a task and a tenant in, words from the right composition out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters.manager import AdapterManager
from adapters.prompts import messages
from orchestrator.chat_client import ChatClient, Reply
from orchestrator.selection import composition_for
from schemas.adapters import AdapterCard, AdapterSignature
from schemas.errors import ModelServerError, ModelServerUnavailable
from schemas.tasks import Task

DEFAULT_MAX_TOKENS = 96


@dataclass(frozen=True)
class ServerStatus:
    url: str
    up: bool
    detail: str
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """The adapters on this disk: those that may be used, what their signatures are worth, and why others are refused.

    `signatures` and `refused` (the reason) go by adapter id.
    """

    cards: tuple[AdapterCard, ...] = ()
    signatures: Mapping[str, AdapterSignature] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


class LoRAFederation:
    """Compositions per task over one model server.

    `base_model` is the chat client of the server that holds the base; `adapter_manager` is the catalogue on this disk.
    One federation serves one run: it remembers what each task composed, and after a timeout it stops asking, so that
    a stuck server costs a run one wait and not one per step.
    """

    def __init__(self, base_model: ChatClient, adapter_manager: AdapterManager, clean_room: bool = False) -> None:
        self._chat = base_model
        self._manager = adapter_manager
        self._clean_room = clean_room
        self._active: dict[Task, str] = {}
        self._gave_up: str | None = None

    @property
    def model_url(self) -> str:
        return self._chat.base_url

    def for_run(self, clean_room: bool) -> "LoRAFederation":
        return LoRAFederation(self._chat, self._manager, clean_room)

    def compose(self, task: Task, retailer_id: str | None, brand_id: str) -> str:
        """The name that `infer` will ask for in this task.

        Today's adapters speak for every retailer; `retailer_id` is taken so that one per retailer needs no new call.
        """
        self._active[task] = composition_for(task, brand_id, self._clean_room)
        return self._active[task]

    def infer(
        self,
        prompt: str,
        task: Task,
        tools: Sequence[Mapping[str, object]] = (),
        *,
        reply_schema: Mapping[str, object] | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> Reply:
        """Raises ModelServerUnavailable and ModelReplyInvalid; LookupError when the task was never composed."""
        if self._gave_up is not None:
            raise ModelServerUnavailable(self._gave_up)
        try:
            return self._chat.complete(
                self._active[task],
                messages(prompt),
                max_tokens=max_tokens,
                reply_schema=reply_schema,
                tools=tools,
                temperature=temperature,
                seed=seed,
            )
        except ModelServerUnavailable as error:
            self._gave_up = str(error)
            raise

    def get_active_adapters(self) -> dict[Task, str]:
        """Task -> the composition it asked for, in this run so far."""
        return dict(self._active)

    def cards(self) -> tuple[AdapterCard, ...]:
        return tuple(self._manager.cards())

    def catalogue(self) -> Catalogue:
        refused = {problem.adapter_id: problem.reason for problem in self._manager.problems()}
        return Catalogue(self.cards(), self._manager.signatures(), refused)

    def server_status(self) -> ServerStatus:
        try:
            names = self._chat.models()
        except ModelServerError as error:
            return ServerStatus(self._chat.base_url, False, str(error))
        return ServerStatus(self._chat.base_url, True, f"{len(names)} models", names)
