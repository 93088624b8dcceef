"""A directory that appears whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from schemas.errors import InputInvalid

MARKET_FILE = "market.json"


def replace_directory(out: Path, write: Callable[[Path], None]) -> tuple[Path, ...]:
    """Lets `write` fill a new directory beside `out`, then puts it in the place of `out`; returns the files in it.

    Only a market or an empty directory is replaced. Raises InputInvalid naming `out` when it is something else or
    cannot be written; what was there before stays.
    """
    out = Path(os.path.abspath(out))
    check_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise InputInvalid(f"cannot write to {str(out)!r}: {error.strerror}; choose another --out") from error
    try:
        work.chmod(0o755)
        fresh = work / "new"
        fresh.mkdir()
        write(fresh)
        if out.exists():
            out.rename(work / "old")
        fresh.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return tuple(sorted(path for path in out.rglob("*") if path.is_file()))


def check_replaceable(out: Path) -> None:
    """Raises InputInvalid unless `out` is absent, an empty directory, or a market."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputInvalid(f"{str(out)!r} is a file; --out must be a directory")
    if any(out.iterdir()) and not (out / MARKET_FILE).is_file():
        raise InputInvalid(f"{str(out)!r} is neither empty nor a market, so it is left alone; choose another --out")
