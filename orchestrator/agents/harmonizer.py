"""Retailer exports into RMIS. Report schemas and rules decide; the model proposes what they leave open."""

import json
from dataclasses import dataclass
from pathlib import Path

from adapters.prompts import MAPPABLE_FIELDS, UNKNOWN_FIELD, column_prompt, column_reply_schema
from orchestrator.agents.base import BaseAgent
from orchestrator.harmonizer import Harmonized
from schemas.base import Frozen
from schemas.errors import ModelReplyInvalid
from schemas.tasks import Task

PROPOSAL_CONFIDENCE = 0.5
"""Orders proposals below report schemas and aliases; it is not a probability."""

COLUMNS_CHECKED = 6
"""Columns of known meaning on which the model is asked all the same, so that a reader sees how far to trust it."""


@dataclass(frozen=True)
class HarmonizeRequest:
    """`files`: (export, retailer_id). Rejects and RMIS files are written to `folder`."""

    files: tuple[tuple[Path, str], ...]
    folder: Path


@dataclass(frozen=True)
class ColumnQuestion:
    column: str
    values: tuple[str, ...]


class ProposalCheck(Frozen):
    """The model's answers on columns whose meaning a report schema already fixes; the schema's answer was used."""

    asked: int = 0
    agreed: int = 0
    disagreements: dict[str, str] = {}


@dataclass(frozen=True)
class HarmonizeResult:
    files: tuple[Harmonized, ...]
    check: ProposalCheck


class DataHarmonizerAgent(BaseAgent[HarmonizeRequest, ColumnQuestion, HarmonizeResult]):
    """Tool `harmonize`: `orchestrator.harmonizer.harmonize_to_rmis` with the catalogue bound."""

    task = Task.HARMONIZE
    reply_schema = column_reply_schema()
    max_tokens = 24

    def build_prompt(self, user_input: ColumnQuestion) -> str:
        return column_prompt(user_input.column, user_input.values)

    def parse_result(self, result: str) -> str:
        try:
            field = json.loads(result)["field"]
        except (ValueError, TypeError, KeyError) as error:
            raise ModelReplyInvalid(f"not a column mapping: {result[:80]!r}") from error
        if field not in MAPPABLE_FIELDS:
            raise ModelReplyInvalid(f"{field!r} is not a field; choose one of {', '.join(MAPPABLE_FIELDS)}")
        return str(field)

    def propose(self, column: str, values: tuple[str, ...]) -> tuple[str, float] | None:
        """A field for a column nothing else could place, or None when the model has no idea or no answer."""
        field: str | None = self.ask(ColumnQuestion(column, values))
        return None if field in (None, UNKNOWN_FIELD) else (field, PROPOSAL_CONFIDENCE)

    def work(self, user_input: HarmonizeRequest) -> HarmonizeResult:
        harmonize = self.tools["harmonize"]
        files = tuple(
            harmonize(file, retailer_id, propose=self.propose, folder=user_input.folder)
            for file, retailer_id in user_input.files
        )
        return HarmonizeResult(files, self._check(files[0]))

    def _check(self, harmonized: Harmonized) -> ProposalCheck:
        known = [(column, entry) for column, entry in harmonized.mapping.items() if entry["field"] in MAPPABLE_FIELDS]
        answers: dict[str, tuple[str, str]] = {}
        for column, entry in known[:COLUMNS_CHECKED]:
            field: str | None = self.ask(ColumnQuestion(column, harmonized.samples[column]))
            if field is not None:
                answers[column] = (str(entry["field"]), field)
        wrong = {column: said for column, (meant, said) in answers.items() if said != meant}
        return ProposalCheck(asked=len(answers), agreed=len(answers) - len(wrong), disagreements=wrong)
