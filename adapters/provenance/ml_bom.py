"""An ML-BOM of the adapters: CycloneDX 1.6, one machine-learning-model for each set of weights, and what it stands on.

The library writes all of it but the model cards, which it has no type for (11.12); its schema then checks the whole.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.manager import AdapterManager
from adapters.names import PINNED_DIGITS
from adapters.provenance.model_card import model_card
from schemas.adapters import AdapterCard, AdapterSignature, AdapterWeights
from schemas.errors import DataMissing, InputInvalid

if TYPE_CHECKING:
    from cyclonedx.model import HashType, Property
    from cyclonedx.model.component import Component, Pedigree

NAMESPACE = "retail-media"  # of our properties: https://github.com/CycloneDX/cyclonedx-property-taxonomy


def write_bom(manager: AdapterManager, adapter_id: str | None, file: Path) -> Path:
    """One adapter with its parents, or all of them.

    Raises AdapterError when the adapter is not offered, InputInvalid when the file cannot be written.
    """
    cards = manager.cards() if adapter_id is None else _with_parents(manager, adapter_id)
    if not cards:
        raise DataMissing(f"no adapters in {str(manager.root)!r}; train them with `python -m adapters.training all`")
    document = bill_of_materials(cards, manager.signatures())
    try:
        file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"cannot write {str(file)!r}: {error.strerror}; name another file with --out") from error
    return file


def bill_of_materials(cards: Sequence[AdapterCard], signatures: Mapping[str, AdapterSignature]) -> dict[str, Any]:
    """The document as JSON, valid by CycloneDX's own schema."""
    try:
        from cyclonedx.model.bom import Bom
        from cyclonedx.output.json import JsonV1Dot6
    except ModuleNotFoundError as error:
        raise DataMissing(
            f"a bill of materials needs the package of {error.name!r}: pip install -e '.[signing]' -c constraints.txt"
        ) from error
    bases = {weights.base_sha256: _base(weights) for card in cards for weights in card.weights}
    adapters = {
        model_ref(card.adapter_id, weights.sha256): _adapter(card, weights, signatures[card.adapter_id])
        for card, weights in _each(cards)
    }
    bom = Bom(components=[*bases.values(), *adapters.values()])
    for card, weights in _each(cards):
        stands_on = [bases[weights.base_sha256]]
        if weights.parent is not None:
            stands_on.append(adapters[model_ref(weights.parent.adapter_id, weights.parent.sha256)])
        bom.register_dependency(adapters[model_ref(card.adapter_id, weights.sha256)], stands_on)
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    model_cards = {
        model_ref(card.adapter_id, weights.sha256): model_card(card, weights) for card, weights in _each(cards)
    }
    for component in document["components"]:
        if component["bom-ref"] in model_cards:
            component["modelCard"] = model_cards[component["bom-ref"]]
    _check(document)
    return document


def model_ref(adapter_id: str, sha256: str) -> str:
    """The pinned name under which an adapter is served, as the component's reference."""
    return f"{adapter_id}@{sha256[:PINNED_DIGITS]}"


def _with_parents(manager: AdapterManager, adapter_id: str) -> tuple[AdapterCard, ...]:
    card = manager.card_for(adapter_id)
    above = {parent.adapter_id: None for own in card.weights if (parent := own.parent) is not None}
    found = {known.adapter_id: known for parent in above for known in _with_parents(manager, parent)}
    return (*found.values(), card)


def _each(cards: Sequence[AdapterCard]) -> Iterator[tuple[AdapterCard, AdapterWeights]]:
    return ((card, weights) for card in cards for weights in card.weights)


def _adapter(card: AdapterCard, weights: AdapterWeights, signature: AdapterSignature) -> "Component":
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.contact import OrganizationalEntity

    ref = model_ref(card.adapter_id, weights.sha256)
    files = [
        Component(
            type=ComponentType.FILE,
            name=name,
            bom_ref=f"{ref}/{name}",
            hashes=_hashes(sha256),
        )
        for name, sha256 in weights.files.items()
    ]
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=card.adapter_id,
        version=card.version,
        bom_ref=ref,
        description=card.description,
        supplier=OrganizationalEntity(name=card.owner),
        licenses=[LicenseFactory().make_from_string(card.licence)],
        hashes=_hashes(weights.sha256),
        components=files,
        pedigree=_pedigree(weights),
        tags=card.tags,
        properties=_properties(_facts(card, weights, signature)),
    )


def _base(weights: AdapterWeights) -> "Component":
    from cyclonedx.model.component import Component, ComponentType

    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=weights.base_model,
        bom_ref=model_ref(weights.base_model, weights.base_sha256),
        hashes=_hashes(weights.base_sha256),
        properties=_properties({"digest": "sha256 over the name and sha256 of every file of weights, in name order"}),
    )


def _pedigree(weights: AdapterWeights) -> "Pedigree":
    """The base, and the adapter that these weights were trained on top of."""
    from cyclonedx.model.component import Component, ComponentType, Pedigree

    above = [(weights.base_model, weights.base_sha256)]
    if weights.parent is not None:
        above.append((weights.parent.adapter_id, weights.parent.sha256))
    ancestors = [
        Component(
            type=ComponentType.MACHINE_LEARNING_MODEL,
            name=name,
            hashes=_hashes(sha256),
        )
        for name, sha256 in above
    ]
    return Pedigree(ancestors=ancestors, notes=f"{weights.strategy.value} LoRA training")


def _facts(card: AdapterCard, weights: AdapterWeights, signature: AdapterSignature) -> dict[str, object]:
    return {
        "digest": "sha256 over the name and sha256 of every file of the adapter, in name order",
        "adapter-type": card.adapter_type.value,
        "strategy": weights.strategy.value,
        "tokenizer-sha256": weights.tokenizer_sha256,
        "chat-template-sha256": weights.chat_template_sha256,
        "expires-on": card.expires_on,
        "signature": signature.state.value,
        "signature-key-sha256": signature.key_sha256,
        **{f"training:{name}": value for name, value in weights.training.items()},
        **{f"privacy:{name}": value for name, value in weights.privacy.items()},
    }


def _hashes(sha256: str) -> "list[HashType]":
    from cyclonedx.model import HashAlgorithm, HashType

    return [HashType(alg=HashAlgorithm.SHA_256, content=sha256)]


def _properties(facts: dict[str, Any]) -> "list[Property]":
    from cyclonedx.model import Property

    return [
        Property(name=f"{NAMESPACE}:{name}", value=str(value)) for name, value in facts.items() if value is not None
    ]


def _check(document: dict[str, Any]) -> None:
    """Holds us to the format: whatever a card says, a document that leaves here is valid."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
    assert problem is None, problem
