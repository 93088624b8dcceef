"""The query engine and its audit with one safeguard taken out; each function's name says which."""

from typing import Any

from pytest import MonkeyPatch

from clean_room import atom_store, audit, engine, policy, query_plan
from schemas.clean_room import BLOCKED_FIELDS, Answered, RefusalCode


def error_text_passed_on(patch: MonkeyPatch) -> None:
    messages: list[str] = []
    real_refused = engine.Refused

    def keep(error: Exception) -> RefusalCode:
        messages.append(str(error))
        return RefusalCode.NOT_ANSWERABLE

    class Talkative(real_refused):  # type: ignore[valid-type, misc]
        def model_dump(self, **how: Any) -> dict[str, Any]:
            return {**super().model_dump(**how), "message": messages[-1] if messages else ""}

    patch.setattr(engine, "_not_answerable", keep)
    patch.setattr(engine, "Refused", Talkative)


def blocked_fields_have_their_own_code(patch: MonkeyPatch) -> None:
    real = engine.read_request

    def read(params: object) -> Any:
        code = real(params)
        names_blocked = any(field in str(params) for field in BLOCKED_FIELDS)
        return RefusalCode.NOT_AUTHORISED if code is RefusalCode.FIELD_NOT_PERMITTED and names_blocked else code

    patch.setattr(engine, "read_request", read)


def filters_read_before_the_allowlist(patch: MonkeyPatch) -> None:
    """A filter on a field nobody permitted is dropped where it should refuse the request."""
    real = engine.read_request

    def read(params: Any) -> Any:
        if isinstance(params, dict) and isinstance(params.get("filters"), dict):
            known = {key: value for key, value in params["filters"].items() if key == "placement_type"}
            params = {**params, "filters": known}
        return real(params)

    patch.setattr(engine, "read_request", read)


def audited_after_release(patch: MonkeyPatch) -> None:
    real = engine.CleanRoom._keep

    def too_late(room: Any, outcome: Any) -> None:
        try:
            real(room, outcome)
        except Exception:
            return

    patch.setattr(engine.CleanRoom, "_keep", too_late)


def chain_without_content(patch: MonkeyPatch) -> None:
    patch.setattr(audit, "_hash", lambda number, entry, previous: f"{number}-{previous[:32]}")


def latency_from_rows(patch: MonkeyPatch) -> None:
    def answered(**fields: Any) -> Answered:
        return Answered(**{**fields, "latency_ms": fields["latency_ms"] + 250 * len(fields["rows"])})

    patch.setattr(engine, "Answered", answered)


def size_unchecked(patch: MonkeyPatch) -> None:
    patch.setattr(query_plan, "is_too_large", lambda params: False)


def unknown_retailers_have_a_default(patch: MonkeyPatch) -> None:
    patch.setattr(engine, "may_ask", lambda *names: True)
    patch.setattr(engine, "policy_for", lambda name: policy.policy_for(name) or policy.policy_for("retailer_a"))


def connection_not_locked_down(patch: MonkeyPatch) -> None:
    patch.setattr(atom_store, "LOCKED_DOWN", {})
