from typing import Any

import pytest

from adapters.manager import AdapterManager
from adapters.provenance.completeness import gaps
from schemas.adapters import AdapterCard, AdapterSignature, SignatureState
from tests.tiny import BRAND_X, INDUSTRY

SIGNED = AdapterSignature(state=SignatureState.SIGNED, owner="tests", key_sha256="a" * 64)
COMPLETE: dict[str, Any] = {
    "tokenizer_sha256": "b" * 64,
    "chat_template_sha256": "c" * 64,
    "evaluation": {"column.field": 0.8},
    "privacy": {"verdict": "pass", "auc": 0.51},
}


def complete(card: AdapterCard, **changes: Any) -> AdapterCard:
    return card.model_copy(update={"weights": (card.weights[0].model_copy(update=COMPLETE | changes),)})


def test_a_complete_adapter_lacks_nothing(manager: AdapterManager) -> None:
    assert gaps(complete(manager.card_for(BRAND_X)), SIGNED) == []


@pytest.mark.parametrize(
    ("changes", "gap"),
    [
        ({"tokenizer_sha256": None}, "name no tokenizer"),
        ({"chat_template_sha256": None}, "name no chat template"),
        ({"evaluation": {}}, "have no evaluation"),
        ({"privacy": {}}, "have no privacy audit"),
        ({"privacy": {"verdict": "fail"}}, "privacy verdict 'fail'"),
        ({"privacy": {"auc": 0.51}}, "privacy verdict None"),
    ],
)
def test_each_thing_that_is_missing_is_named(manager: AdapterManager, changes: dict[str, Any], gap: str) -> None:
    found = gaps(complete(manager.card_for(BRAND_X), **changes), SIGNED)

    assert len(found) == 1 and gap in found[0]


@pytest.mark.parametrize("privacy", [{}, {"verdict": "fail"}])
def test_only_a_manufacturers_adapter_needs_a_privacy_audit(manager: AdapterManager, privacy: dict[str, str]) -> None:
    assert gaps(complete(manager.card_for(INDUSTRY), privacy=privacy), SIGNED) == []


@pytest.mark.parametrize(
    ("state", "gap"), [(SignatureState.UNSIGNED, "it is not signed"), (SignatureState.UNVERIFIED, "not known here")]
)
def test_only_the_owners_signature_is_enough(manager: AdapterManager, state: SignatureState, gap: str) -> None:
    found = gaps(complete(manager.card_for(BRAND_X)), AdapterSignature(state=state))

    assert len(found) == 1 and gap in found[0]
