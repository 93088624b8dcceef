"""`python -m adapters keys|sign|verify|bom`, as a person runs them."""

import json
from pathlib import Path

import pytest

from adapters.__main__ import main
from adapters.adapter_folder import SIGNATURE_FILE
from adapters.provenance.keys import read_public_key
from schemas.errors import AdapterNameInvalid, AdapterNotFound, DataMissing
from tests.adapters.provenance.conftest import OWNER, WriteTrust
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def short(public_key: Path) -> str:
    return read_public_key(public_key).sha256[:12]


def test_an_adapter_is_signed_and_verified_with_a_new_pair_of_keys(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("keys", "--out", tmp_path / "k") == 0
    private, public = tmp_path / "k" / "private.pem", tmp_path / "k" / "public.pem"
    assert run("sign", "--adapter", BRAND_X, "--key", private, "--root", root) == 0
    capsys.readouterr()

    assert run("verify", "--adapter", BRAND_X, "--key", public, "--root", root) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"{BRAND_X}: signed by {OWNER} with key {short(public)}",
        "1 of 1 adapters verified",
    ]


def test_verifying_with_a_key_refuses_what_it_did_not_sign(
    root: Path, keys: dict[str, Path], private_key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("sign", "--adapter", BRAND_X, "--key", private_key, "--root", root)
    run("sign", "--adapter", BRAND_Y, "--key", keys["a stranger"] / "private.pem", "--root", root)

    assert run("verify", "--key", keys[OWNER] / "public.pem", "--root", root) == 1

    said = capsys.readouterr()
    assert "1 of 3 adapters verified" in said.out
    problems = dict(line.split(": ", 1) for line in said.err.splitlines())
    assert "is not signed" in problems[INDUSTRY]
    assert "is unknown here" in problems[BRAND_Y]


def test_verify_goes_by_the_trust_file(
    root: Path, private_key: Path, write_trust: WriteTrust, capsys: pytest.CaptureFixture[str]
) -> None:
    for adapter_id in (INDUSTRY, BRAND_X):
        run("sign", "--adapter", adapter_id, "--key", private_key, "--root", root)
    write_trust()

    assert run("verify", "--root", root) == 1

    said = capsys.readouterr()
    assert "2 of 3 adapters verified" in said.out
    assert f"{BRAND_Y}: adapter '{BRAND_Y}' is not signed, and only signed ones are allowed here" in said.err


def test_strict_names_what_is_missing_and_fails(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--adapter", BRAND_X, "--root", root) == 0
    assert run("verify", "--adapter", BRAND_X, "--strict", "--root", root) == 1

    said = capsys.readouterr()
    assert f"{BRAND_X}: it is not signed; sign it with `python -m adapters sign --adapter {BRAND_X}" in said.err
    assert all(word in said.err for word in ("tokenizer", "chat template", "evaluation", "privacy audit"))


def test_list_says_who_signed(root: Path, private_key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("sign", "--adapter", INDUSTRY, "--key", private_key, "--root", root)
    capsys.readouterr()

    run("list", "--root", root)

    lines = capsys.readouterr().out.splitlines()
    assert "whose owner nobody has named here" in lines[0]
    assert "unsigned" in lines[1]


@pytest.mark.parametrize("command", ["sign", "verify"])
def test_an_adapter_that_is_not_here_is_named(root: Path, private_key: Path, command: str) -> None:
    key = ("--key", private_key) if command == "sign" else ()

    with pytest.raises(AdapterNotFound, match="no adapter 'nobody'"):
        run(command, "--adapter", "nobody", *key, "--root", root)


def test_a_path_is_no_adapter_to_sign(root: Path, private_key: Path) -> None:
    with pytest.raises(AdapterNameInvalid):
        run("sign", "--adapter", f"../{root.name}/{BRAND_X}", "--key", private_key, "--root", root)

    assert not (root / BRAND_X / SIGNATURE_FILE).exists()


def test_signing_without_a_key_names_the_command_that_makes_one(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="python -m adapters keys --out DIR"):
        run("sign", "--adapter", BRAND_X, "--key", tmp_path / "private.pem", "--root", root)


def test_a_bill_of_materials_says_who_signed(
    root: Path, private_key: Path, write_trust: WriteTrust, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("sign", "--adapter", INDUSTRY, "--key", private_key, "--root", root)
    write_trust()

    assert run("bom", "--adapter", INDUSTRY, "--out", tmp_path / "bom.json", "--root", root) == 0

    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "bom.json")
    listed = json.loads((tmp_path / "bom.json").read_text())["components"]
    signature = [entry for found in listed for entry in found["properties"] if entry["name"].endswith(":signature")]
    assert [entry["value"] for entry in signature] == ["signed"]
