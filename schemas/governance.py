"""What the rules say about a finished plan."""

from enum import StrEnum

from schemas.base import Frozen


class Severity(StrEnum):
    BLOCK = "block"
    REVIEW = "review"


class Finding(Frozen):
    rule: str
    severity: Severity
    evidence: str


class Verdict(Frozen):
    """Approved when nothing blocks; `reading` words the findings and decides nothing."""

    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    reading: str = ""

    @property
    def approved(self) -> bool:
        return all(finding.severity is not Severity.BLOCK for finding in self.findings)
