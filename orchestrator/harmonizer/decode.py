"""Bytes into text: gzip undone, the encoding found, and anything that is not text refused by what it looks like."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import InputInvalid

REPLACED = "\ufffd"

_SIGNATURES = {
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls); save it as .xlsx",
}
# One byte in fifty: stray ones cost their row only, a binary file has far more.
_BINARY_SHARE = 50
_ASK = "export the report as CSV or XLSX"
_CONTROL = frozenset(range(32)) - {9, 10, 12, 13, 27}


@dataclass(frozen=True)
class Text:
    lines: list[str]
    encoding: str


def file_bytes(path: Path) -> bytes:
    """The file's content, unpacked where it is gzip. Raises InputInvalid."""
    try:
        content = path.read_bytes()
    except IsADirectoryError as error:
        raise InputInvalid(f"{str(path)!r} is a folder; name one export file") from error
    except FileNotFoundError as error:
        raise InputInvalid(f"no file {str(path)!r}") from error
    except OSError as error:
        raise InputInvalid(f"cannot read {str(path)!r}: {error.strerror}") from error
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise InputInvalid(f"{path.name!r} is a damaged gzip file ({error}); download it again") from error
    if not content.strip():
        raise InputInvalid(f"{path.name!r} is empty; export the report again")
    return content


def decode(content: bytes, name: str) -> Text:
    """Raises InputInvalid for what is no text. Single lines that are not UTF-8 keep a replacement character."""
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            raise InputInvalid(f"{name!r} is {kind}; {_ASK}")
    text, encoding = _decoded(content, name)
    if text.lstrip()[:1] in ("{", "["):
        raise InputInvalid(f"{name!r} is JSON; {_ASK}")
    return Text(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), encoding)


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), "utf-16"
        except UnicodeDecodeError as error:
            raise InputInvalid(f"{name!r} begins as UTF-16 text and is damaged; {_ASK}") from error
    sample = content[:65_536]
    if sum(byte in _CONTROL for byte in sample) * _BINARY_SHARE > len(sample):
        raise InputInvalid(f"{name!r} is not text (binary bytes in it); {_ASK}")
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _not_quite_utf8(content, name)


def _not_quite_utf8(content: bytes, name: str) -> tuple[str, str]:
    """UTF-8 with damaged lines, or Windows-1252 throughout: told apart by whether any accented line is valid UTF-8."""
    accented = [line for line in content.split(b"\n") if not line.isascii()]
    if any(_is_utf8(line) for line in accented):
        return content.decode("utf-8", errors="replace"), "utf-8"
    try:
        return content.decode("cp1252"), "windows-1252"
    except UnicodeDecodeError as error:
        raise InputInvalid(f"{name!r} is neither UTF-8, UTF-16 nor Windows-1252 text; {_ASK}") from error


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
