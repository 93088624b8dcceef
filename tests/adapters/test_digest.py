import json
from pathlib import Path

import pytest

from adapters.digest import (
    CHAT_TEMPLATE_FILE,
    CONFIG_FILE,
    TOKENIZER_CONFIG_FILE,
    WEIGHTS_FILE,
    adapter_digest,
    base_digest,
    chat_template_digest,
    digest_of,
    sha256_of,
    tokenizer_digest,
)
from schemas.errors import AdapterMismatch, DataMissing


def adapter(folder: Path, config: bytes, weights: bytes) -> Path:
    folder.mkdir()
    (folder / CONFIG_FILE).write_bytes(config)
    (folder / WEIGHTS_FILE).write_bytes(weights)
    return folder


def test_a_digest_is_sha256_over_names_and_file_digests(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "a", b"one", b"two")

    listed = f"{CONFIG_FILE} {sha256_of(b'one')}\n{WEIGHTS_FILE} {sha256_of(b'two')}\n"
    assert adapter_digest(folder) == sha256_of(listed.encode())


def test_files_that_swap_contents_change_the_digest(tmp_path: Path) -> None:
    assert adapter_digest(adapter(tmp_path / "a", b"x", b"y")) != adapter_digest(adapter(tmp_path / "b", b"y", b"x"))


def test_other_files_beside_an_adapter_do_not_count(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "a", b"x", b"y")
    before = adapter_digest(folder)
    (folder / "README.md").write_text("notes")

    assert adapter_digest(folder) == before


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / CONFIG_FILE).touch()

    with pytest.raises(AdapterMismatch, match=WEIGHTS_FILE):
        adapter_digest(tmp_path)


def test_a_base_in_several_files_has_one_digest(tmp_path: Path) -> None:
    (tmp_path / "model-2.safetensors").write_bytes(b"second")
    (tmp_path / "model-1.safetensors").write_bytes(b"first")

    assert base_digest(tmp_path) == digest_of(
        {"model-1.safetensors": sha256_of(b"first"), "model-2.safetensors": sha256_of(b"second")}
    )


def test_a_folder_without_weights_is_no_base(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"python -m serving\.base_model"):
        base_digest(tmp_path)


def test_a_tokenizer_is_digested_by_its_files_and_not_by_the_weights_beside_them(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes(b"tokens")
    (tmp_path / TOKENIZER_CONFIG_FILE).write_bytes(b"settings")
    (tmp_path / "model.safetensors").write_bytes(b"weights")

    expected = {"tokenizer.json": sha256_of(b"tokens"), TOKENIZER_CONFIG_FILE: sha256_of(b"settings")}
    assert tokenizer_digest(tmp_path) == digest_of(expected)


def test_settings_alone_are_no_tokenizer(tmp_path: Path) -> None:
    (tmp_path / TOKENIZER_CONFIG_FILE).write_bytes(b"settings")

    with pytest.raises(DataMissing, match=r"tokenizer\.json"):
        tokenizer_digest(tmp_path)


def test_a_chat_template_has_the_same_digest_in_its_own_file_and_in_the_tokenizer_config(tmp_path: Path) -> None:
    own_file, in_config = tmp_path / "own_file", tmp_path / "in_config"
    for folder in (own_file, in_config):
        folder.mkdir()
    (own_file / CHAT_TEMPLATE_FILE).write_text("{{ messages }}")
    (in_config / TOKENIZER_CONFIG_FILE).write_text(json.dumps({"chat_template": "{{ messages }}"}))

    assert chat_template_digest(own_file) == chat_template_digest(in_config) == sha256_of(b"{{ messages }}")


def test_a_base_without_a_chat_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="chat_template"):
        chat_template_digest(tmp_path)
