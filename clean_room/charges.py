"""What one build owes the ledger: reserved before noise is drawn, committed once the build is published."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from clean_room.ledger import Ledger
from clean_room.noise_terms import NoiseTerms


class Charges:
    """A build that fails before it publishes leaves as a context manager does, and hands back what it reserved."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._open: list[int] = []
        self.micro_rho: dict[str, int] = {}
        """What each retailer's part of this build costs."""

    def reserve(self, retailer_id: str, terms: NoiseTerms) -> None:
        self._open.append(self._ledger.reserve(retailer_id, terms.release_micro_rho, terms.budget_micro_rho))
        self.micro_rho[retailer_id] = terms.release_micro_rho

    def publish(self, replace_files: Callable[[], None]) -> None:
        """From here on the noise may have been seen: whatever happens, the reservations stay spent."""
        numbers, self._open = self._open, []
        replace_files()
        for number in numbers:
            self._ledger.commit(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._open:
            self._ledger.hand_back(number)
