import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from adapters.digest import CONFIG_FILE, WEIGHTS_FILE
from adapters.manager import AdapterManager
from adapters.provenance.ml_bom import bill_of_materials, model_ref, write_bom
from schemas.adapters import AdapterCard
from schemas.errors import AdapterNotFound, DataMissing, InputInvalid
from tests.adapters.provenance.test_completeness import complete
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY, TINY_BASE_MODEL


def ref(card: AdapterCard) -> str:
    return model_ref(card.adapter_id, card.weights[0].sha256)


def components(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {component["name"]: component for component in document["components"]}


def properties(component: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in component["properties"]}


def test_every_adapter_and_its_base_is_a_model_in_a_valid_document(manager: AdapterManager, tmp_path: Path) -> None:
    file = write_bom(manager, None, tmp_path / "bom.json")

    text = file.read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert {name: found["type"] for name, found in components(document).items()} == dict.fromkeys(
        (TINY_BASE_MODEL, INDUSTRY, BRAND_X, BRAND_Y), "machine-learning-model"
    )


def test_a_child_is_listed_with_its_base_its_parent_and_the_digest_of_each_file(manager: AdapterManager) -> None:
    industry, brand = manager.card_for(INDUSTRY), manager.card_for(BRAND_X)

    document = bill_of_materials((industry, brand), manager.signatures())

    listed = components(document)[BRAND_X]
    assert {ancestor["name"] for ancestor in listed["pedigree"]["ancestors"]} == {TINY_BASE_MODEL, INDUSTRY}
    assert {file["name"]: file["hashes"][0]["content"] for file in listed["components"]} == brand.weights[0].files
    assert sorted(brand.weights[0].files) == [CONFIG_FILE, WEIGHTS_FILE]
    stands_on = {entry["ref"]: entry.get("dependsOn", []) for entry in document["dependencies"]}
    base = model_ref(TINY_BASE_MODEL, brand.weights[0].base_sha256)
    assert sorted(stands_on[ref(brand)]) == sorted([base, ref(industry)])
    assert stands_on[ref(industry)] == [base]


def test_what_was_measured_is_in_the_model_card_and_what_was_not_is_left_out(manager: AdapterManager) -> None:
    measured = complete(
        manager.card_for(INDUSTRY),
        evaluation={"column.field": 0.8, "column.field.n": 40, "loss": 1.5},
        training={"data_sha256": "d" * 64, "seed": 0},
        privacy={"verdict": "pass", "auc": 0.51},
    )
    bare = manager.card_for(BRAND_X)

    found = components(bill_of_materials((measured, bare), manager.signatures()))

    card = found[INDUSTRY]["modelCard"]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "column.field", "value": "0.8", "slice": "n=40"},
        {"type": "loss", "value": "1.5"},
    ]
    assert card["modelParameters"]["datasets"][0]["contents"]["properties"][0]["value"] == "d" * 64
    assert "verdict=pass, auc=0.51" in card["considerations"]["ethicalConsiderations"][0]["mitigationStrategy"]
    assert properties(found[INDUSTRY])["retail-media:tokenizer-sha256"] == "b" * 64
    assert properties(found[INDUSTRY])["retail-media:privacy:verdict"] == "pass"
    assert "quantitativeAnalysis" not in found[BRAND_X]["modelCard"]
    assert "ethicalConsiderations" not in found[BRAND_X]["modelCard"]["considerations"]


@pytest.mark.parametrize("licence", ["Apache-2.0", "MIT OR Apache-2.0", "All rights reserved, Xando"])
def test_any_licence_on_a_card_makes_a_valid_document(manager: AdapterManager, licence: str) -> None:
    card = manager.card_for(INDUSTRY).model_copy(update={"licence": licence})

    found = components(bill_of_materials((card,), manager.signatures()))[INDUSTRY]["licenses"]

    assert licence in json.dumps(found)


def test_one_adapter_brings_its_parents_and_nobody_else(manager: AdapterManager, tmp_path: Path) -> None:
    document = json.loads(write_bom(manager, BRAND_Y, tmp_path / "bom.json").read_text())

    assert sorted(components(document)) == sorted([TINY_BASE_MODEL, INDUSTRY, BRAND_Y])


def test_an_adapter_that_is_not_here_is_named(manager: AdapterManager, tmp_path: Path) -> None:
    with pytest.raises(AdapterNotFound, match="'nobody'"):
        write_bom(manager, "nobody", tmp_path / "bom.json")
    with pytest.raises(DataMissing, match="no adapters"):
        write_bom(AdapterManager(tmp_path), None, tmp_path / "bom.json")


def test_a_file_that_cannot_be_written_is_named(manager: AdapterManager, tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="absent"):
        write_bom(manager, None, tmp_path / "absent" / "bom.json")
