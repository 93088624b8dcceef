"""Our reader and writer against the library's: the same bytes out, the same values in, and what it refuses refused."""

import hashlib
import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save, save_file

from adapters.safetensors_file import Array, NotSafetensors, OtherDtype, tensors_in, write_tensors

DTYPES = [np.float32, np.float16, ml_dtypes.bfloat16]


def some_tensors(dtype: Any) -> dict[str, Array]:
    random = np.random.default_rng(0)
    names = ("layers.10.a", "layers.2.b", "layers.2", "é", "z")
    return {name: random.normal(size=(3, place)).astype(dtype) for place, name in enumerate(names)}


def as_bytes(content: bytes) -> Any:
    return np.frombuffer(content, np.uint8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_written_is_what_the_library_writes(dtype: Any, tmp_path: Path) -> None:
    tensors = some_tensors(dtype)

    sha256 = write_tensors(tmp_path / "ours", {name: one.shape for name, one in tensors.items()}, dtype, tensors)

    save_file(tensors, tmp_path / "theirs", metadata={"format": "pt"})
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    assert sha256 == hashlib.sha256((tmp_path / "ours").read_bytes()).hexdigest()


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_read_is_what_was_saved(dtype: Any) -> None:
    tensors = some_tensors(dtype)

    found = tensors_in(as_bytes(save(tensors)))

    assert found.keys() == tensors.keys()
    for name, values in tensors.items():
        assert found[name].dtype == dtype
        np.testing.assert_array_equal(found[name], values)


def test_nothing_is_copied() -> None:
    content = as_bytes(save(some_tensors(np.float32)))

    assert all(np.shares_memory(values, content) for values in tensors_in(content).values() if values.size)


def test_a_tensor_of_another_type_is_named() -> None:
    with pytest.raises(OtherDtype, match="'a' is stored as 'I64'; expected one of F32, F16, BF16"):
        tensors_in(as_bytes(save({"a": np.ones(2, np.int64)})))


def file_of(header: object, data_bytes: int) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(data_bytes)


def entry(start: int, end: int, shape: object = (2,), dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01",
        b"\xff" * 64,
        file_of(b"{", 0),
        file_of(b"\xff\xff", 0),
        file_of(b"[" * 100_000, 0),
        file_of([], 0),
        file_of({"a": 1}, 0),
        file_of({"a": entry(0, 8)}, 7),
        file_of({"a": entry(0, 8)}, 9),
        file_of({"a": entry(1, 9)}, 9),
        file_of({"a": entry(0, 12)}, 12),
        file_of({"a": entry(0, 8), "b": entry(4, 12)}, 12),
        file_of({"a": entry(0, 8), "b": entry(0, 8)}, 8),
        file_of({"a": entry(8, 0)}, 8),
        file_of({"a": entry(0, 8, shape=(-2,))}, 8),
        file_of({"a": entry(0, 8, shape=(2.0,))}, 8),
        file_of({"a": entry(0, 8, shape="2")}, 8),
        file_of({"a": entry(0, 8, dtype=None)}, 8),
        file_of({"a": entry(0, 8) | {"data_offsets": [0]}}, 8),
    ],
    ids=range(20),
)
def test_what_the_library_refuses_is_refused(content: bytes) -> None:
    with pytest.raises(SafetensorError):
        deserialize(content)  # type: ignore[no-untyped-call]

    with pytest.raises(NotSafetensors):
        tensors_in(as_bytes(content))


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")

    with pytest.raises(FileExistsError):
        write_tensors(tmp_path / "file", {}, np.float32, {})
    assert (tmp_path / "file").read_bytes() == b"before"
