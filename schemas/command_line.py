"""How every command of the project ends: 0 done, 1 failed, 2 the user's input is wrong, one line on stderr."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from schemas.errors import RetailMediaError


class OneLineParser(argparse.ArgumentParser):
    """argparse, but a wrong option is one line that says where the help is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def positive(text: str) -> int:
    """An option's type: a whole number of at least 1."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def seeds(text: str) -> tuple[int, ...]:
    """An option's type: comma-separated seeds, each once."""
    if not all(part.isdigit() for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of seeds such as 0,1,2")
    return tuple(dict.fromkeys(int(part) for part in text.split(",")))


def run_command(main: Callable[[Sequence[str]], int | None], arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command's `main` and exit as the project's contract says; an unforeseen error keeps its traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        sys.exit(main(sys.argv[1:] if arguments is None else arguments) or 0)
    except RetailMediaError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
