"""Answers typed requests from released atoms. Out of here come answers and refusal codes, never an exception."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clean_room.answer import answer_rows
from clean_room.atom_store import BUILDER_VERSION, Manifest, open_atoms, read_manifest
from clean_room.audit import Entry, audit_of
from clean_room.latency import REFUSAL_MS, latency_ms
from clean_room.names import check_plain_name
from clean_room.pace import Pace
from clean_room.policy import Policy, policy_for
from clean_room.principals import may_ask
from clean_room.query_plan import canonical_json, plan_query, read_json, read_request
from clean_room.settings import CleanRoomSettings
from schemas.clean_room import Answered, CleanRoomRequest, RefusalCode, Refused

logger = logging.getLogger(__name__)

Read = CleanRoomRequest | RefusalCode


@dataclass(frozen=True)
class Outcome:
    """A reply, and what the audit keeps beside it."""

    reply: Answered | RefusalCode
    request: str = ""
    policy_version: str = ""
    snapshot: str = ""
    latency_ms: int = REFUSAL_MS


class CleanRoom:
    """One brand's door to the retailers that built a clean room for it in `directory`.

    `principal` is who asks, the brand itself when not given. Raises InputInvalid when `brand_id` is not a plain name;
    it is the operator who gives both, not the caller. With a `pace`, replies are held back until their drawn time.
    """

    def __init__(
        self,
        directory: Path | str,
        brand_id: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        principal: str | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.brand_id = check_plain_name("brand", brand_id)
        self.folder = Path(directory) / brand_id
        self.principal = principal or brand_id
        self.audit = audit_of(self.folder)
        self._clock = clock
        self._pace = pace

    @property
    def is_built(self) -> bool:
        return any(self.folder.glob("*.duckdb"))

    def query(self, query_params: dict[str, Any]) -> dict[str, Any]:
        """An `Answered` or a `Refused` as plain JSON values. Raises nothing for a caller's input."""
        return self._reply(lambda: read_request(query_params))

    def query_json(self, text: str) -> dict[str, Any]:
        """As `query`, for a request that is still text."""
        return self._reply(lambda: read_json(text))

    def query_sql(self, text: str) -> dict[str, Any]:
        """As `query`, for the SQL form (`clean_room.sql_form`). Raises DataMissing where its package is missing."""
        from clean_room.sql_form import read_sql

        return self._reply(lambda: read_sql(text))

    def _reply(self, read: Callable[[], Read]) -> dict[str, Any]:
        """What cannot be kept in the audit is not answered."""
        reply_after = self._pace.started() if self._pace else lambda latency_ms: True
        latency = REFUSAL_MS
        try:
            request = read()
            outcome = Outcome(request) if isinstance(request, RefusalCode) else self._answer(request)
            latency = outcome.latency_ms
            self._keep(outcome)
            reply = outcome.reply
        except Exception as error:
            reply = _not_answerable(error)
        if not reply_after(latency):
            reply = RefusalCode.NOT_ANSWERABLE
        result = Refused(code=reply) if isinstance(reply, RefusalCode) else reply
        return result.model_dump(mode="json")

    def _answer(self, request: CleanRoomRequest) -> Outcome:
        """A retailer that this principal may not ask, without a policy, without a clean room for this brand, or never
        heard of: all the same."""
        asked = canonical_json(request)
        allowed = may_ask(self.principal, self.brand_id, request.retailer_id)
        policy = policy_for(request.retailer_id) if allowed else None
        path = self.folder / f"{policy.retailer_id}.duckdb" if policy else None
        if policy is None or path is None or not path.is_file():
            return Outcome(RefusalCode.NOT_AUTHORISED, asked)
        plan = plan_query(request, policy)
        if isinstance(plan, RefusalCode):
            return Outcome(plan, asked, policy.version)
        latency = latency_ms(plan)
        try:
            with open_atoms(path) as connection:
                manifest = read_manifest(connection)
                rows = answer_rows(connection, plan, manifest.snapshot) if self._is_meant(manifest, policy) else None
        except Exception as error:
            return Outcome(_not_answerable(error), asked, policy.version, latency_ms=latency)
        if rows is None:
            logger.warning("clean room built for another policy, builder or brand; `python -m clean_room build` again")
            return Outcome(RefusalCode.NOT_ANSWERABLE, asked, policy.version, manifest.events_sha256, latency)
        answered = Answered(rows=tuple(rows), mode=policy.mode, policy_version=policy.version, latency_ms=latency)
        return Outcome(answered, asked, policy.version, manifest.events_sha256, latency)

    def _is_meant(self, manifest: Manifest, policy: Policy) -> bool:
        built_for = (manifest.retailer_id, manifest.brand_id, manifest.policy_version, manifest.policy_sha256)
        wanted = (policy.retailer_id, self.brand_id, policy.version, policy.digest)
        return built_for == wanted and manifest.builder_version == BUILDER_VERSION

    def _keep(self, outcome: Outcome) -> None:
        if not self.folder.is_dir():
            logger.warning("no clean room in %s; `python -m clean_room build` makes one", self.folder)
            return
        self.audit.append(
            Entry(
                time=self._clock().isoformat(),
                principal=self.principal,
                request=outcome.request,
                policy_version=outcome.policy_version,
                snapshot=outcome.snapshot,
                outcome=outcome.reply.value if isinstance(outcome.reply, RefusalCode) else outcome.reply.status,
            )
        )


def _not_answerable(error: Exception) -> RefusalCode:
    """A message may hold a value of the data or of the caller; only the kind of failure is logged."""
    logger.warning("query not answered: class=%s", type(error).__name__)
    return RefusalCode.NOT_ANSWERABLE


def query_clean_room(query_params: dict[str, Any]) -> dict[str, Any]:
    """Asks the clean room that CLEAN_ROOM_DIR and CLEAN_ROOM_BRAND name; see `CleanRoom.query`."""
    settings = CleanRoomSettings()
    return CleanRoom(settings.dir, settings.brand, principal=settings.principal).query(query_params)
