"""The copy that is trained for the audit only: the adapter's own lessons, recipe and seed, with canaries among them."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from adapters.adapter_folder import CARD_FILE
from adapters.digest import base_digest
from adapters.evaluation.privacy.canaries import Canary, canary_rows
from adapters.manager import AdapterManager
from adapters.training.example import Split
from adapters.training.recipes import CURRICULA, Curriculum
from adapters.training.school import data_digest, lessons, teach
from schemas.adapters import AdapterWeights
from schemas.errors import AdapterMismatch, InputInvalid


def curriculum_of(manager: AdapterManager, adapter_id: str, base_sha256: str) -> Curriculum:
    """With the seed that the released adapter was trained with.

    Raises AdapterMismatch when its rows were others than this code makes: members would not be members.
    """
    if adapter_id not in CURRICULA:
        raise InputInvalid(f"no curriculum for {adapter_id!r}; there are {', '.join(CURRICULA)}")
    own = manager.weights_for(adapter_id, base_sha256)
    curriculum = CURRICULA[adapter_id]
    recipe = dataclasses.replace(curriculum.recipe, seed=int(own.training.get("seed") or 0))
    seeded = dataclasses.replace(curriculum, recipe=recipe)
    if own.training.get("data_sha256") != data_digest(lessons(seeded, Split.TRAIN, seeded.rows)):
        raise AdapterMismatch(
            f"{adapter_id!r} was trained on other rows than its curriculum makes now; retrain it with "
            f"`python -m adapters.training train --adapter {adapter_id}` and audit that"
        )
    return seeded


def audit_copy(
    curriculum: Curriculum, base: Path, released: AdapterManager, work: Path, canaries: Sequence[Canary]
) -> AdapterManager:
    """The catalogue with the copy and its parent, trained now or before.

    Its folder is named after everything it depends on, so that an older adapter's is never taken for it.
    """
    adapter_id = curriculum.identity.adapter_id
    own = released.weights_for(adapter_id, base_digest(base))
    root = work / f"{adapter_id}-{_key(curriculum, own, canaries)}"
    if not (root / adapter_id / CARD_FILE).is_file():
        if curriculum.parent is not None and not (root / curriculum.parent).is_dir():
            shutil.copytree(released.root / curriculum.parent, root / curriculum.parent)
        teach(curriculum, base, root, extra=canary_rows(canaries), checkpoints=work / "checkpoints")
    return AdapterManager(root)


def _key(curriculum: Curriculum, own: AdapterWeights, canaries: Sequence[Canary]) -> str:
    depends_on = [
        dataclasses.asdict(curriculum.recipe),
        own.base_sha256,
        own.parent.sha256 if own.parent else None,
        own.training.get("data_sha256"),
        [dataclasses.asdict(canary) for canary in canaries],
    ]
    return hashlib.sha256(json.dumps(depends_on).encode()).hexdigest()[:12]
