"""Digests that adapters and base models are pinned by: sha256 over (file name, file sha256), in name order."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from schemas.errors import AdapterMismatch, DataMissing

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"
ADAPTER_FILES = (CONFIG_FILE, WEIGHTS_FILE)

# What decides how text becomes tokens; a tokenizer has some of them, and `tokenizer.json` or a vocabulary among them.
TOKENIZER_FILES = (
    "added_tokens.json",
    "merges.txt",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
)
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"
CHAT_TEMPLATE_FILE = "chat_template.jinja"

CHUNK_BYTES = 1 << 24


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_of(file_sha256s: Mapping[str, str]) -> str:
    """One digest for several files; `file_sha256s` is file name -> sha256 in hex.

    The names are part of it, so two files that swap their contents change the digest.
    """
    listed = "".join(f"{name} {file_sha256s[name]}\n" for name in sorted(file_sha256s))
    return sha256_of(listed.encode())


def adapter_file_sha256s(weights_dir: Path) -> dict[str, str]:
    """Raises AdapterMismatch when one of the two files is missing."""
    return {name: file_sha256(_required(weights_dir / name)) for name in ADAPTER_FILES}


def adapter_digest(weights_dir: Path) -> str:
    """The digest of one adapter's adapter_config.json and adapter_model.safetensors together."""
    return digest_of(adapter_file_sha256s(weights_dir))


def base_digest(model_dir: Path) -> str:
    """The digest of a base model's weights: every `*.safetensors` in its folder. Progress shows after two seconds."""
    files = sorted(model_dir.glob("*.safetensors"))
    if not files:
        raise DataMissing(
            f"no base model at {str(model_dir)!r}: expected *.safetensors files there; "
            "run `python -m serving.base_model` or name another folder"
        )
    total_bytes = sum(file.stat().st_size for file in files)
    with tqdm(total=total_bytes, desc="digest of the base", unit="B", unit_scale=True, delay=2, disable=None) as bar:
        return digest_of({file.name: file_sha256(file, bar) for file in files})


def tokenizer_digest(base: Path) -> str:
    """The digest of the tokenizer's files in a base model's folder.

    Raises DataMissing when there are none.
    """
    found = {name: file_sha256(base / name) for name in TOKENIZER_FILES if (base / name).is_file()}
    if found.keys() <= {TOKENIZER_CONFIG_FILE}:
        raise DataMissing(
            f"no tokenizer at {str(base)!r}: expected tokenizer.json there; "
            "run `python -m serving.base_model` or name another folder"
        )
    return digest_of(found)


def chat_template_digest(base: Path) -> str:
    """sha256 of the template's text, from `chat_template.jinja` or, as older models have it, the tokenizer's config.

    Raises DataMissing when the base has no chat template.
    """
    template_file, config_file = base / CHAT_TEMPLATE_FILE, base / TOKENIZER_CONFIG_FILE
    if template_file.is_file():
        return file_sha256(template_file)
    template = json.loads(config_file.read_bytes()).get("chat_template") if config_file.is_file() else None
    if template is None:
        raise DataMissing(
            f'no chat template at {str(base)!r}: expected {CHAT_TEMPLATE_FILE!r} or "chat_template" in '
            f"{TOKENIZER_CONFIG_FILE!r}; name an instruct model's folder"
        )
    return sha256_of(template.encode() if isinstance(template, str) else json.dumps(template, sort_keys=True).encode())


def _required(file: Path) -> Path:
    if not file.is_file():
        raise AdapterMismatch(
            f"{file.name!r} is missing in {str(file.parent)!r}; an adapter is {' and '.join(ADAPTER_FILES)}"
        )
    return file


def file_sha256(file: Path, progress: "tqdm[None] | None" = None) -> str:
    running = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            running.update(chunk)
            if progress is not None:
                progress.update(len(chunk))
    return running.hexdigest()
