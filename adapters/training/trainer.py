"""A plain PyTorch and PEFT loop for one LoRA adapter on a small base model.

Completion-only loss, padding masked by length (the base's pad token is its end token), length-bucketed batches, early
stop on validation. Hyperparameters: Schulman et al., "LoRA Without Regret" (all linear layers, about ten times the
full fine-tuning rate, small batches), measured for this base in docs/results.
"""

import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from adapters.prompts import messages
from adapters.training.example import Example

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
IGNORED = -100


@dataclass(frozen=True)
class Recipe:
    """Documented defaults; whatever was used is written into the adapter's metadata."""

    steps: int = 180
    batch_size: int = 8
    learning_rate: float = 5e-4
    warmup_share: float = 0.05
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    clip_norm: float = 1.0
    max_tokens: int = 320
    validate_every: int = 30
    patience: int = 3
    seed: int = 0


@dataclass(frozen=True)
class Row:
    """Token ids of prompt and answer; the first `prompt_length` carry no loss."""

    tokens: tuple[int, ...]
    prompt_length: int


@dataclass(frozen=True)
class TrainingResult:
    steps: int
    train_loss: float
    validation_loss: float
    tokens: int
    seconds: float


def encode(example: Example, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> Row:
    """Raises ValueError for an example that does not fit: cutting it would teach an answer without its end."""
    prompt = tokenizer.apply_chat_template(
        messages(example.prompt), add_generation_prompt=True, tokenize=True, return_dict=False
    )
    answer = tokenizer(example.answer, add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
    if len(prompt) + len(answer) > max_tokens:
        raise ValueError(f"example of {len(prompt) + len(answer)} tokens, limit {max_tokens}: {example.prompt[:60]!r}")
    return Row(tuple(prompt + answer), len(prompt))


def collate(rows: Sequence[Row], pad_token_id: int) -> dict[str, torch.Tensor]:
    """Right-padded (B, T) input_ids, attention_mask and labels; labels are IGNORED on prompts and padding.

    Padding is found by length, never by id: here the pad token is also the token that ends an answer.
    """
    width = max(len(row.tokens) for row in rows)
    input_ids = torch.full((len(rows), width), pad_token_id)
    attention_mask = torch.zeros((len(rows), width), dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORED)
    for index, row in enumerate(rows):
        length = len(row.tokens)
        tokens = torch.tensor(row.tokens)
        input_ids[index, :length] = tokens
        attention_mask[index, :length] = 1
        labels[index, row.prompt_length : length] = tokens[row.prompt_length :]
    return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}


def bucketed_batches(rows: Sequence[Row], batch_size: int, draw: random.Random) -> Iterator[list[Row]]:
    """Endless batches of rows of like length, in random order, each row once per round."""
    while True:
        shuffled = draw.sample(list(rows), len(rows))
        window = batch_size * 16
        for start in range(0, len(shuffled), window):
            bucket = sorted(shuffled[start : start + window], key=lambda row: len(row.tokens))
            batches = [bucket[i : i + batch_size] for i in range(0, len(bucket), batch_size)]
            yield from draw.sample(batches, len(batches))


def completion_loss(model: PeftModel, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy over answer tokens; logits are computed at those positions only."""
    decoder: Any = model.get_base_model()  # a causal language model, which transformers types as a bare module
    hidden = decoder.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
    targets = batch["labels"][:, 1:]
    wanted = targets != IGNORED
    logits = decoder.lm_head(hidden[:, :-1][wanted])
    return cross_entropy(logits.float(), targets[wanted])


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
    model: PeftModel, training: Sequence[Row], validation: Sequence[Row], recipe: Recipe, pad_token_id: int
) -> TrainingResult:
    """Trains in place and leaves the best weights seen on validation in the model."""
    torch.manual_seed(recipe.seed)
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_share(step, recipe))
    batches = bucketed_batches(training, recipe.batch_size, random.Random(recipe.seed))
    best_loss, best_weights, worse = math.inf, [weight.detach().clone() for weight in weights], 0
    started, tokens, recent, step = time.perf_counter(), 0, 0.0, 0
    with tqdm(total=recipe.steps, unit="step", file=sys.stderr) as progress:
        for step in range(1, recipe.steps + 1):
            rows = next(batches)
            loss = _step(model, collate(rows, pad_token_id), weights, optimizer, recipe)
            schedule.step()
            tokens += sum(len(row.tokens) for row in rows)
            recent = loss if step == 1 else 0.9 * recent + 0.1 * loss
            progress.update()
            progress.set_postfix(loss=f"{recent:.3f}", tokens_s=f"{tokens / (time.perf_counter() - started):.0f}")
            if step % recipe.validate_every == 0 or step == recipe.steps:
                held_out = validation_loss(model, validation, recipe.batch_size, pad_token_id)
                progress.write(f"step {step}: train {recent:.3f}, validation {held_out:.3f}", file=sys.stderr)
                if held_out < best_loss:
                    best_loss, best_weights, worse = held_out, [weight.detach().clone() for weight in weights], 0
                else:
                    worse += 1
                if worse == recipe.patience:
                    break
    with torch.no_grad():
        for weight, best in zip(weights, best_weights, strict=True):
            weight.copy_(best)
    return TrainingResult(step, recent, best_loss, tokens, time.perf_counter() - started)


def _step(
    model: PeftModel,
    batch: dict[str, torch.Tensor],
    weights: list[torch.nn.Parameter],
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
) -> float:
    model.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = completion_loss(model, batch)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    torch.nn.utils.clip_grad_norm_(weights, recipe.clip_norm)
    optimizer.step()
    return float(loss.detach())


@torch.no_grad()
def validation_loss(model: PeftModel, rows: Sequence[Row], batch_size: int, pad_token_id: int) -> float:
    model.eval()
    ordered = sorted(rows, key=lambda row: len(row.tokens))
    total, count = 0.0, 0
    for start in range(0, len(ordered), batch_size):
        batch = collate(ordered[start : start + batch_size], pad_token_id)
        answers = int((batch["labels"] != IGNORED).sum())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            total += float(completion_loss(model, batch)) * answers
        count += answers
    return total / count


def learning_rate_share(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then a cosine to zero."""
    warmup = max(1, round(recipe.steps * recipe.warmup_share))
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, recipe.steps - warmup)))
