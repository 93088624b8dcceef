"""The CycloneDX model card of an adapter, from its own card: https://cyclonedx.org/docs/1.6/json/ (modelCard)."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.names import PINNED_DIGITS
from schemas.adapters import AdapterCard, AdapterWeights

DATA_DIGEST = "data_sha256"


def model_card(card: AdapterCard, weights: AdapterWeights) -> dict[str, Any]:
    """What is measured and recorded only: what a card does not say is left out, not guessed."""
    built: dict[str, Any] = {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": "text-generation",
            "architectureFamily": "transformer",
            "modelArchitecture": f"LoRA on {weights.base_model}",
            "inputs": [{"format": "text"}],
            "outputs": [{"format": "text"}],
        },
        "considerations": {"useCases": [card.description], "users": list(card.audience)},
    }
    if DATA_DIGEST in weights.training:
        built["modelParameters"]["datasets"] = [_dataset(card, str(weights.training[DATA_DIGEST]))]
    if weights.evaluation:
        built["quantitativeAnalysis"] = {"performanceMetrics": list(_metrics(weights.evaluation))}
    if weights.privacy:
        built["considerations"]["ethicalConsiderations"] = [_privacy(weights.privacy)]
    return built


def _dataset(card: AdapterCard, data_sha256: str) -> dict[str, Any]:
    return {
        "type": "dataset",
        "name": f"{card.adapter_id}-training-{data_sha256[:PINNED_DIGITS]}",
        "contents": {"properties": [{"name": "sha256", "value": data_sha256}]},
    }


def _metrics(evaluation: Mapping[str, float | int]) -> Iterator[dict[str, str]]:
    """`<measure>.n` is how many questions the measure is of; CycloneDX calls that part of the data a slice."""
    for name, value in evaluation.items():
        if not name.endswith(".n"):
            questions = evaluation.get(f"{name}.n")
            yield {"type": name, "value": str(value)} | ({} if questions is None else {"slice": f"n={questions}"})


def _privacy(privacy: Mapping[str, str | int | float | bool | None]) -> dict[str, str]:
    figures = ", ".join(f"{name}={value}" for name, value in privacy.items())
    return {
        "name": "Training data could be recovered from the weights",
        "mitigationStrategy": f"Privacy audit, a lower bound on leakage: {figures}",
    }
