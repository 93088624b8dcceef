"""Every error we raise on purpose, drawn as a tree.

RetailMediaError
├─ InputInvalid (ValueError)               a file, brief or option the user can correct
├─ DataMissing (FileNotFoundError)         something must be generated or fetched first; the message names the command
├─ AdapterError
│  ├─ AdapterNameInvalid (ValueError)      a model name outside the grammar
│  ├─ AdapterNotFound (LookupError)
│  └─ AdapterMismatch (ValueError)         wrong base, stale parent, missing or altered file, refused kind of weights
├─ PlanInfeasible (ValueError)             carries the constraints that conflict
├─ BuildFailed (RuntimeError)              a clean room was not built: no room, no budget, another builder at work
└─ ModelServerError
   ├─ ModelServerUnavailable (ConnectionError)
   └─ ModelReplyInvalid (ValueError)

Commands print the message of any of these as one line on stderr. InputInvalid, DataMissing, AdapterError and
PlanInfeasible exit with 2, the others with 1. Out of `clean_room` come refusal codes only, never these messages.
"""

from typing import Self


class RetailMediaError(Exception):
    exit_code = 1


class InputInvalid(RetailMediaError, ValueError):
    exit_code = 2


class DataMissing(RetailMediaError, FileNotFoundError):
    exit_code = 2


class AdapterError(RetailMediaError):
    exit_code = 2


class AdapterNameInvalid(AdapterError, ValueError):
    pass


class AdapterNotFound(AdapterError, LookupError):
    pass


class AdapterMismatch(AdapterError, ValueError):
    pass


class PlanInfeasible(RetailMediaError, ValueError):
    exit_code = 2

    def __init__(self, message: str, conflicts: tuple[str, ...]) -> None:
        super().__init__(message)
        self.conflicts = conflicts

    def __reduce__(self) -> tuple[type[Self], tuple[str, tuple[str, ...]]]:
        """So that it comes back from another process."""
        return type(self), (str(self), self.conflicts)


class BuildFailed(RetailMediaError, RuntimeError):
    pass


class ModelServerError(RetailMediaError):
    pass


class ModelServerUnavailable(ModelServerError, ConnectionError):
    pass


class ModelReplyInvalid(ModelServerError, ValueError):
    pass
