"""What an adapter still lacks before it should be handed to others: `verify --strict`."""

from collections.abc import Iterator

from schemas.adapters import AdapterCard, AdapterSignature, AdapterType, AdapterWeights, SignatureState

PASSED = "pass"


def gaps(card: AdapterCard, signature: AdapterSignature) -> list[str]:
    """One line for each thing that is missing; empty for a complete adapter."""
    found = [] if signature.state is SignatureState.SIGNED else [_not_signed(card, signature)]
    for weights in card.weights:
        found += [f"its weights for {weights.base_model!r} {gap}" for gap in _gaps_of_weights(card, weights)]
    return found


def _not_signed(card: AdapterCard, signature: AdapterSignature) -> str:
    if signature.state is SignatureState.UNSIGNED:
        return f"it is not signed; sign it with `python -m adapters sign --adapter {card.adapter_id} --key private.pem`"
    return "whose key signed it is not known here; name the key with --key or in trust.toml"


def _gaps_of_weights(card: AdapterCard, weights: AdapterWeights) -> Iterator[str]:
    if weights.tokenizer_sha256 is None:
        yield "name no tokenizer (tokenizer_sha256); register them again"
    if weights.chat_template_sha256 is None:
        yield "name no chat template (chat_template_sha256); register them again"
    if not weights.evaluation:
        yield "have no evaluation; evaluate them with `python -m adapters.evaluation run --full`"
    if card.adapter_type is not AdapterType.MANUFACTURER:
        return  # an industry adapter learns from what is public
    if not weights.privacy:
        yield "have no privacy audit; audit them before they leave their owner"
    elif (verdict := weights.privacy.get("verdict")) != PASSED:
        yield f"have the privacy verdict {verdict!r}, and only {PASSED!r} may be handed on"
