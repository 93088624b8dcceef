"""The safetensors format without copies: tensors are views of the file's bytes, and are hashed while they are written.

The library's `deserialize` copies every tensor and its `save_file` wants all of them in memory at once, which together
cost more than composing does. A test compares both directions with the library's own, byte for byte. The format:
https://github.com/huggingface/safetensors#format
"""

import hashlib
import json
import math
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# The floating types that a LoRA is stored in; numpy has no bfloat16 of its own.
DTYPES: Mapping[str, npt.DTypeLike] = {"F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16}

METADATA = "__metadata__"
LENGTH_BYTES = 8
ALIGNMENT_BYTES = 8  # the library pads its header to it

# Tensors that may wait to be hashed, so that a slow hash does not keep the whole file in memory.
MAX_WAITING = 8


class NotSafetensors(ValueError):
    """The bytes break the format; the message says where."""


class OtherDtype(ValueError):
    """A tensor that is no floating type of ours; the message names it and its type."""


def tensors_in(content: npt.NDArray[np.uint8]) -> dict[str, Array]:
    """Name -> view into `content`, a file's bytes.

    Raises NotSafetensors unless the tensors fill the file exactly, in some order, without gap or overlap.
    """
    header, data = _split(content)
    described = sorted(((name, *_described(name, entry)) for name, entry in header.items()), key=lambda one: one[3])
    tensors, position = {}, 0
    for name, dtype, shape, start, end in described:
        if dtype not in DTYPES:
            raise OtherDtype(f"{name!r} is stored as {dtype!r}; expected one of {', '.join(DTYPES)}")
        expected_end = position + math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
        if (start, end) != (position, expected_end) or end > len(data):
            raise NotSafetensors(
                f"{name!r} lies at bytes {start}..{end} of {len(data)}, expected {position}..{expected_end}"
            )
        tensors[name] = data[start:end].view(DTYPES[dtype]).reshape(shape)
        position = end
    if position != len(data):
        raise NotSafetensors(f"{len(data) - position} bytes after the last tensor belong to none")
    return tensors


def write_tensors(
    file: Path, shapes: Mapping[str, tuple[int, ...]], dtype: npt.DTypeLike, tensors: Mapping[str, Array]
) -> str:
    """Write tensors of one dtype as the library would, asking for each once, in order of name; the file's sha256.

    Raises OSError like any write; what was begun stays for the caller to remove.
    """
    names = sorted(shapes)
    header = _header(names, shapes, np.dtype(dtype))
    running = hashlib.sha256(header)
    waiting: deque[Future[None]] = deque()
    with file.open("xb") as written, ThreadPoolExecutor(max_workers=1) as hasher:
        written.write(header)
        for name in names:
            content = _bytes_of(tensors[name])
            waiting.append(hasher.submit(running.update, content))  # sha256 lets go of the interpreter lock
            written.write(content)
            if len(waiting) > MAX_WAITING:
                waiting.popleft().result()
        for last in waiting:
            last.result()
    return running.hexdigest()


def _split(content: npt.NDArray[np.uint8]) -> tuple[dict[str, Any], npt.NDArray[np.uint8]]:
    length = int.from_bytes(content[:LENGTH_BYTES].tobytes(), "little")
    if len(content) < LENGTH_BYTES or length > len(content) - LENGTH_BYTES:
        raise NotSafetensors(f"a header of {length} bytes in a file of {len(content)}")
    start_of_data = LENGTH_BYTES + length
    try:
        header = json.loads(content[LENGTH_BYTES:start_of_data].tobytes())
    except (ValueError, RecursionError) as error:
        raise NotSafetensors(f"the header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise NotSafetensors(f"the header is {type(header).__name__}, expected an object")
    header.pop(METADATA, None)
    return header, content[start_of_data:]


def _described(name: str, entry: object) -> tuple[str, tuple[int, ...], int, int]:
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(start), int(end)]} if all(
            type(size) is int and size >= 0 for size in shape
        ):
            return dtype, tuple(shape), start, end
    raise NotSafetensors(f"the header describes {name!r} as {str(entry)[:100]!r}")


def _header(names: Iterable[str], shapes: Mapping[str, tuple[int, ...]], dtype: np.dtype[Any]) -> bytes:
    label = next(label for label, known in DTYPES.items() if known == dtype)
    entries: dict[str, Any] = {METADATA: {"format": "pt"}}
    position = 0
    for name in names:
        end = position + math.prod(shapes[name]) * dtype.itemsize
        entries[name] = {"dtype": label, "shape": list(shapes[name]), "data_offsets": [position, end]}
        position = end
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    padded = text + b" " * (-len(text) % ALIGNMENT_BYTES)
    return len(padded).to_bytes(LENGTH_BYTES, "little") + padded


def _bytes_of(values: Array) -> memoryview:
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
