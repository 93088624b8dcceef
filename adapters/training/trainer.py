"""A plain PyTorch and PEFT loop for one LoRA adapter on a small base model.

Completion-only loss, padding masked by length (the base's pad token is its end token), length-bucketed batches, early
stop on validation, checkpoints to go on from. Hyperparameters start from Schulman et al., "LoRA Without Regret" (all
linear layers, about ten times the full fine-tuning rate, small batches).
"""

import contextlib
import math
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from adapters.training.checkpoints import Checkpoints
from adapters.training.rows import IGNORED, Row, bucketed_batches, collate

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Recipe:
    """Documented defaults; whatever was used is written into the adapter's metadata.

    No dropout: it took a third of the time of a step on a CPU, and few rows are seen twice. `threads` is fixed,
    because the order of sums, and so the last bit of every weight, depends on it.
    """

    steps: int = 180
    batch_size: int = 8
    learning_rate: float = 5e-4
    warmup_share: float = 0.05
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    clip_norm: float = 1.0
    max_tokens: int = 320
    validate_every: int = 40
    patience: int = 3
    threads: int = 2
    seed: int = 0


@dataclass(frozen=True)
class TrainingResult:
    steps: int
    train_loss: float
    validation_loss: float
    tokens: int
    seconds: float


@dataclass
class Progress:
    """Everything that changes from step to step, and so what a checkpoint holds besides weights and optimiser."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    recent_loss: float = 0.0
    best_loss: float = math.inf
    best_weights: list[torch.Tensor] = field(default_factory=list)
    worse: int = 0


def load_base(directory: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.bfloat16)
    model.config.use_cache = False
    return model, tokenizer


def new_adapter(model: PreTrainedModel, recipe: Recipe, name: str, parent: tuple[str, Path] | None) -> PeftModel:
    """A trainable adapter `name`; with a `parent` (name, directory) the parent is active and frozen underneath it."""
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=TARGETS,
        task_type="CAUSAL_LM",
    )
    if parent is None:
        return get_peft_model(model, config, adapter_name=name)
    parent_name, directory = parent
    stacked = PeftModel.from_pretrained(model, directory, adapter_name=parent_name)
    stacked.add_adapter(name, config)
    lora: Any = stacked.base_model
    lora.set_adapter([parent_name, name])
    # Activating a list makes every adapter in it trainable; the parent must stay as its digest says.
    stacked.set_requires_grad(parent_name, False)
    return stacked


def train(
    model: PeftModel,
    training: Sequence[Sequence[Row]],
    batch_shares: Sequence[int],
    validation: Sequence[Row],
    recipe: Recipe,
    pad_token_id: int,
    checkpoints: Checkpoints | None = None,
) -> TrainingResult:
    """Trains in place and leaves the best weights seen on validation in the model.

    Each batch takes `batch_shares` rows from the groups of `training`. With `checkpoints` an interrupted run goes on
    where it was last validated, to the same weights on the same machine.
    """
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_share(step, recipe))
    batches = bucketed_batches(training, batch_shares, random.Random(recipe.seed))
    progress = Progress(best_weights=_copied(weights))
    if checkpoints is not None:
        checkpoints.restore(progress, weights, optimizer, schedule)
    for _ in range(progress.step):
        next(batches)
    with _bar(recipe.steps, progress.step) as bar:
        while progress.step < recipe.steps and progress.worse < recipe.patience:
            started = time.perf_counter()
            rows = next(batches)
            loss = _step(model, collate(rows, pad_token_id), weights, optimizer, recipe)
            schedule.step()
            progress.step += 1
            progress.tokens += sum(len(row.tokens) for row in rows)
            progress.recent_loss = loss if progress.step == 1 else 0.9 * progress.recent_loss + 0.1 * loss
            if progress.step % recipe.validate_every == 0 or progress.step == recipe.steps:
                held_out = validation_loss(model, validation, recipe.batch_size, pad_token_id)
                bar.write(
                    f"step {progress.step}: train {progress.recent_loss:.3f}, validation {held_out:.3f}",
                    file=sys.stderr,
                )
                _note(progress, held_out, weights)
            progress.seconds += time.perf_counter() - started
            if checkpoints is not None and progress.step % recipe.validate_every == 0:
                checkpoints.save(progress, weights, optimizer, schedule)
            bar.update()
            bar.set_postfix(loss=f"{progress.recent_loss:.3f}", tokens_s=f"{progress.tokens / progress.seconds:.0f}")
    with torch.no_grad():
        for weight, best in zip(weights, progress.best_weights, strict=True):
            weight.copy_(best)
    return TrainingResult(
        progress.step, progress.recent_loss, progress.best_loss, progress.tokens, round(progress.seconds, 1)
    )


def completion_loss(model: PeftModel, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over answer tokens; logits are computed at those positions only."""
    decoder: Any = model.get_base_model()  # a causal language model, which transformers types as a bare module
    hidden = decoder.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
    targets = batch["labels"][:, 1:]
    wanted = targets != IGNORED
    logits = decoder.lm_head(hidden[:, :-1][wanted])
    return cross_entropy(logits.float(), targets[wanted])


@torch.no_grad()
def validation_loss(model: PeftModel, rows: Sequence[Row], batch_size: int, pad_token_id: int) -> float:
    model.eval()
    ordered = sorted(rows, key=lambda row: len(row.tokens))
    total, count = 0.0, 0
    for start in range(0, len(ordered), batch_size):
        batch = _on_device(collate(ordered[start : start + batch_size], pad_token_id), model)
        answers = int((batch["labels"] != IGNORED).sum())
        with _autocast(model):
            total += float(completion_loss(model, batch)) * answers
        count += answers
    return total / count


def learning_rate_share(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then a cosine to zero."""
    warmup = max(1, round(recipe.steps * recipe.warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, recipe.steps - warmup)))


def _bar(steps: int, done: int) -> "tqdm[Any]":
    return tqdm(total=steps, initial=done, unit="step", file=sys.stderr, mininterval=1.0)


def _note(progress: Progress, held_out: float, weights: Sequence[torch.nn.Parameter]) -> None:
    if held_out < progress.best_loss:
        progress.best_loss, progress.best_weights, progress.worse = held_out, _copied(weights), 0
    else:
        progress.worse += 1


def _copied(weights: Sequence[torch.nn.Parameter]) -> list[torch.Tensor]:
    return [weight.detach().clone() for weight in weights]


def _step(
    model: PeftModel,
    batch: dict[str, torch.Tensor],
    weights: list[torch.nn.Parameter],
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
) -> float:
    model.train()
    with _autocast(model):
        loss = completion_loss(model, _on_device(batch, model))
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    torch.nn.utils.clip_grad_norm_(weights, recipe.clip_norm)
    optimizer.step()
    return float(loss.detach())


def _autocast(model: PeftModel) -> contextlib.AbstractContextManager[Any]:
    return torch.autocast(model.device.type, dtype=torch.bfloat16)


def _on_device(batch: dict[str, torch.Tensor], model: PeftModel) -> dict[str, torch.Tensor]:
    return {name: tensor.to(model.device) for name, tensor in batch.items()}
