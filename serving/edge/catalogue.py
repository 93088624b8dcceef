"""What a tenant may name: from any spelling to the canonical, pinned name, and the list that /v1/models shows."""

import time
from dataclasses import dataclass
from typing import Any

from openai.types import Model

from adapters.lineage import parents_of
from adapters.manager import AdapterManager
from adapters.names import BASE_NAME, CompositionName, canonical, parse_name, unpinned
from adapters.ranks import composed_rank
from schemas.adapters import AdapterCard
from schemas.errors import AdapterError, AdapterMismatch
from serving.api_error import ApiError
from serving.edge.tenants import Tenant

SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class ServedBase:
    """`max_context_tokens` is prompt and reply together.

    `max_lora_rank` is the server's limit; None has none. `loaded` are the pinned names that a server with a fixed list
    has; None composes on demand.
    """

    sha256: str
    name: str
    max_context_tokens: int
    max_lora_rank: int | None = None
    loaded: frozenset[str] | None = None


class Catalogue:
    """Names as one tenant sees them; a tenant of None is local mode, where everything may be named.

    What is unknown and what is somebody else's are told apart nowhere: both are missing from `_visible`, which is
    asked before anything else about a name is.
    """

    def __init__(self, manager: AdapterManager, base: ServedBase) -> None:
        self.manager = manager
        self.base = base
        self._created = int(time.time())

    def pinned(self, text: str, tenant: Tenant | None) -> CompositionName:
        """The canonical name of what was asked for. Raises ApiError 404 with a reason that is the tenant's to know."""
        try:
            asked = parse_name(text)
            visible = self._visible(tenant)
            if any(part.adapter_id not in visible for part in asked.parts):
                raise AdapterMismatch(self._why_not(asked, visible, tenant))
            name = canonical(asked, self.manager, self.base.sha256)
            if (reason := self._why_not_loadable(name)) is not None:
                raise AdapterMismatch(reason)
        except AdapterError as error:
            raise self._not_served(text, str(error), tenant) from error
        return name

    def names(self, tenant: Tenant | None) -> tuple[CompositionName, ...]:
        """The base, each adapter that may stand alone, and each industry+manufacturer pair; all pinned."""
        visible = self._visible(tenant)
        seen = (
            name
            for name in self.manager.compositions(self.base.sha256)
            if all(part.adapter_id in visible for part in name.parts) and self._why_not_loadable(name) is None
        )
        return (CompositionName(), *seen)

    def listed(self, tenant: Tenant | None) -> list[dict[str, Any]]:
        return [self.described(name) for name in self.names(tenant)]

    def described(self, name: CompositionName, shown_as: str | None = None) -> dict[str, Any]:
        """OpenAI's model object with vLLM's `root`, `parent`, `max_model_len`, and `adapters`: bytes and lineage."""
        parent = None if name.is_base else str(unpinned(CompositionName(name.parts[:-1])))
        cards = [self.manager.card_for(part.adapter_id) for part in name.parts]
        listed = Model(
            id=shown_as or str(unpinned(name)),
            object="model",
            created=self._created,
            owned_by=cards[-1].owner if cards else BASE_NAME,
        )
        return {
            **listed.model_dump(exclude_unset=True),
            "root": str(name),
            "parent": parent,
            "max_model_len": self.base.max_context_tokens,
            "base": {"name": self.base.name, "sha256": self.base.sha256},
            "adapters": [self._lineage(card) for card in cards],
        }

    def _lineage(self, card: AdapterCard) -> dict[str, Any]:
        weights = self.manager.weights_for(card.adapter_id, self.base.sha256)
        return {
            "adapter_id": card.adapter_id,
            "version": card.version,
            "owner": card.owner,
            "licence": card.licence,
            "sha256": weights.sha256,
            "strategy": weights.strategy.value,
            "parent": None if weights.parent is None else weights.parent.model_dump(),
            "expires_on": None if card.expires_on is None else card.expires_on.isoformat(),
        }

    def problems(self, tenant: Tenant | None) -> dict[str, str]:
        """Adapters that are not offered and may be told about: adapter id -> reason."""
        admitted = self._admitted(tenant)
        return {
            problem.adapter_id: problem.reason
            for problem in self.manager.problems()
            if tenant is None or problem.adapter_id in admitted
        }

    def _visible(self, tenant: Tenant | None) -> frozenset[str]:
        """Ids of the usable adapters that this tenant may name."""
        return self._admitted(tenant) & {card.adapter_id for card in self.manager.cards()}

    def _admitted(self, tenant: Tenant | None) -> frozenset[str]:
        """Ids of the adapters, usable or not, that this tenant may know: each with all its parents, since whatever is
        told about a child may name its parent.
        """
        known = [(card.adapter_id, card.audience, parents_of(card)) for card in self.manager.cards()]
        known += [(problem.adapter_id, problem.audience, problem.parents) for problem in self.manager.problems()]
        parents = {
            adapter_id: set(above)
            for adapter_id, audience, above in known
            if tenant is None or tenant.may_name(adapter_id, audience)
        }
        while orphans := {adapter_id for adapter_id, above in parents.items() if not above <= parents.keys()}:
            for adapter_id in orphans:
                del parents[adapter_id]
        return frozenset(parents)

    def _why_not(self, name: CompositionName, visible: frozenset[str], tenant: Tenant | None) -> str:
        """The reason of a broken adapter is told to those who may name it; all else is just not here."""
        problems = self.problems(tenant)
        for part in name.parts:
            if part.adapter_id not in visible and part.adapter_id in problems:
                return problems[part.adapter_id]
        return "one of its adapters does not exist here"

    def _why_not_loadable(self, name: CompositionName) -> str | None:
        """What this server, rather than the catalogue, has against a pinned name."""
        if self.base.loaded is not None and not name.is_base and str(name) not in self.base.loaded:
            return "this server holds a fixed list of compositions (SERVING_COMPOSITIONS=static)"
        limit = self.base.max_lora_rank
        if limit is not None and (rank := composed_rank(name, self.manager, self.base.sha256)) > limit:
            return f"its rank is {rank}, and this server loads up to {limit} (SERVING_MAX_LORA_RANK)"
        return None

    def _not_served(self, text: str, reason: str, tenant: Tenant | None) -> ApiError:
        """404 for every name that cannot be served, as OpenAI and vLLM answer; the message says why and what can."""
        there = ", ".join(str(unpinned(name)) for name in self.names(tenant))
        message = f"model {text[:SHOWN_CHARACTERS]!r} is not served: {reason}. Served: {there}"
        return ApiError(404, message, param="model", code="model_not_found")
