"""QLoRA (Dettmers et al., arXiv 2305.14314) with TRL and bitsandbytes: a large base in 4 bits on one NVIDIA GPU.

Lessons, batches, tokens and parents are those of the loop for a laptop. The adapter learns on the base's 4-bit weights
and is served on the base itself, so only an evaluation on the served base says how good it is.
"""

import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from adapters.training.example import Split
from adapters.training.recipes import Curriculum
from adapters.training.rows import Row, bucketed_batches
from adapters.training.school import (
    data_digest,
    encoded,
    lessons,
    parent_of,
    pin_of,
    register_trained,
    validation,
)
from adapters.training.trainer import Recipe, TrainingResult, new_adapter
from schemas.errors import DataMissing, InputInvalid

PACKAGES = ("trl", "bitsandbytes", "datasets")
INSTALL = "pip install -e '.[qlora]' -c constraints.txt"
LAPTOP = "train the laptop base without --qlora"
BF16_CAPABILITY = (8, 0)  # Ampere, the first generation that computes in bfloat16

LEARNING_RATE = 2e-4  # what the QLoRA paper used for 7B and 13B
BATCH_SIZE = 16  # twice a laptop's over the same rows, so each row is seen twice
GPU_BATCH_SIZE = 4
MAX_TOKENS = 512  # a large base's chat template may add a header of its own, such as Llama's dates


@dataclass
class BestWeights(TrainerCallback):
    """Keeps the weights that did best on validation and stops when it gets no better, as the laptop's loop does.

    Trainer's `load_best_model_at_end` reloads the first active adapter only, which is the parent underneath.
    """

    weights: Sequence[torch.nn.Parameter]
    patience: int
    loss: float = float("inf")
    worse: int = 0
    best: list[torch.Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.best = self._copied()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The last step is validated too, wherever it falls."""
        if state.global_step >= state.max_steps:
            control.should_evaluate = True

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **found: Any,
    ) -> None:
        loss = found["metrics"]["eval_loss"]
        if loss < self.loss:
            self.loss, self.best, self.worse = loss, self._copied(), 0
        else:
            self.worse += 1
        if self.worse >= self.patience:
            control.should_training_stop = True

    @torch.no_grad()
    def restore(self) -> None:
        for weight, best in zip(self.weights, self.best, strict=True):
            weight.copy_(best)

    def _copied(self) -> list[torch.Tensor]:
        return [weight.detach().clone() for weight in self.weights]


def teach_quantised(curriculum: Curriculum, base: Path, adapters: Path) -> Path:
    """The adapter's weights folder under `adapters`, as `school.teach` leaves it.

    Raises InputInvalid without a fitting GPU, DataMissing without the packages and AdapterNotFound without the parent.
    """
    capabilities = [torch.cuda.get_device_capability(gpu) for gpu in range(torch.cuda.device_count())]
    if (problem := gpu_problem(capabilities)) is not None:
        raise InputInvalid(problem)
    require_packages()
    return teach_with_trl(curriculum, base, adapters)


def gpu_problem(capabilities: Sequence[tuple[int, int]]) -> str | None:
    """What is wrong with the visible GPUs, given the compute capability of each."""
    if not capabilities:
        return f"QLoRA needs an NVIDIA GPU and torch sees none; {LAPTOP}"
    if len(capabilities) > 1:
        return f"QLoRA trains on one GPU and {len(capabilities)} are visible; set CUDA_VISIBLE_DEVICES=0"
    if capabilities[0] < BF16_CAPABILITY:
        major, minor = capabilities[0]
        return f"QLoRA needs bfloat16, so a GPU of compute capability 8.0 or more, not {major}.{minor}; {LAPTOP}"
    return None


def require_packages(names: Sequence[str] = PACKAGES) -> None:
    if missing := [name for name in names if find_spec(name) is None]:
        raise DataMissing(f"QLoRA needs {', '.join(missing)}: {INSTALL}")


def quantisation_settings() -> dict[str, Any]:
    """For BitsAndBytesConfig: 4-bit NormalFloat, its scales quantised once more, sums in bfloat16."""
    return {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": torch.bfloat16,
    }


def quantised_recipe(recipe: Recipe) -> Recipe:
    """The recipe's rank, steps and seed with the pace of a large base."""
    return replace(
        recipe, learning_rate=LEARNING_RATE, batch_size=BATCH_SIZE, max_tokens=max(recipe.max_tokens, MAX_TOKENS)
    )


def sft_settings(recipe: Recipe) -> dict[str, Any]:
    """For TRL's SFTConfig."""
    return {
        "max_steps": recipe.steps,
        "per_device_train_batch_size": GPU_BATCH_SIZE,
        "per_device_eval_batch_size": GPU_BATCH_SIZE,
        "gradient_accumulation_steps": recipe.batch_size // GPU_BATCH_SIZE,
        # The rows come batch by batch: its share of every group in each, and of like length.
        "train_sampling_strategy": "sequential",
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": max(1, round(recipe.steps * recipe.warmup_share)),
        "weight_decay": 0.0,
        "max_grad_norm": recipe.clip_norm,
        "optim": "paged_adamw_8bit",
        "bf16": True,
        "activation_checkpointing": True,
        "activation_checkpointing_kwargs": {"use_reentrant": False},
        # Rows that are token ids already count whole unless told otherwise.
        "completion_only_loss": True,
        "max_length": recipe.max_tokens,
        "packing": False,
        "eval_strategy": "steps",
        "eval_steps": recipe.validate_every,
        "save_strategy": "no",
        "logging_steps": 10,
        "report_to": "none",
        "seed": recipe.seed,
    }


def teach_with_trl(
    curriculum: Curriculum,
    base: Path,
    adapters: Path,
    *,
    changes: Mapping[str, Any] | None = None,
) -> Path:
    """`teach_quantised` on whatever machine this is; `changes` to `sft_settings` let a CPU go the same way."""
    adapter_id, recipe = curriculum.identity.adapter_id, quantised_recipe(curriculum.recipe)
    parent = parent_of(curriculum, base, adapters)
    taught = lessons(curriculum, Split.TRAIN, curriculum.rows)
    torch.manual_seed(recipe.seed)
    model, tokenizer = load_quantised(base)
    groups = [encoded(group, tokenizer, recipe.max_tokens) for group in taught]
    training = in_batches(groups, curriculum.batch_shares, recipe)
    held_out = encoded(validation(curriculum), tokenizer, recipe.max_tokens)
    stacked = new_adapter(model, recipe, adapter_id, parent)
    result = train_with_trl(stacked, tokenizer, training, held_out, recipe, sft_settings(recipe) | dict(changes or {}))
    training_facts = {
        **{name: value for name, value in asdict(recipe).items() if name != "threads"},
        **asdict(result),
        **gpu_facts(),
        "tokens_per_second": round(result.tokens / result.seconds, 1),
        "train_base_quant": quantisation_settings()["bnb_4bit_quant_type"],
        "data_sha256": data_digest(taught),
    }
    return register_trained(curriculum, base, adapters, stacked, pin_of(parent), training_facts)


def load_quantised(base: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The base with its linear layers in 4 bits, on the GPU where there is one."""
    config = BitsAndBytesConfig(**quantisation_settings())  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16, quantization_config=config)
    model.config.use_cache = False
    return model, AutoTokenizer.from_pretrained(base)


def in_batches(groups: Sequence[Sequence[Row]], shares: Sequence[int], recipe: Recipe) -> list[Row]:
    """The rows in the order they are learnt, batch after batch; `shares` are in proportion, whatever they add up to."""
    counts = [share * recipe.batch_size // sum(shares) for share in shares]
    batches = bucketed_batches(groups, counts, random.Random(recipe.seed))
    return [row for batch in islice(batches, recipe.steps) for row in batch]


def train_with_trl(
    model: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    training: Sequence[Row],
    held_out: Sequence[Row],
    recipe: Recipe,
    settings: Mapping[str, Any],
) -> TrainingResult:
    """Trains in place and leaves the best weights seen on validation in the model."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    best = BestWeights([weight for weight in model.parameters() if weight.requires_grad], recipe.patience)
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory(prefix="qlora-") as scratch:
        # Without a peft_config the model is taken as it is: a second wrapping would train another adapter.
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(output_dir=scratch, **settings),
            train_dataset=Dataset.from_list([completion_columns(row) for row in training]),
            eval_dataset=Dataset.from_list([completion_columns(row) for row in held_out]),
            processing_class=tokenizer,
            callbacks=[best],
        )
        output = trainer.train()
    best.restore()
    tokens = sum(len(row.tokens) for row in training[: output.global_step * recipe.batch_size])
    return TrainingResult(
        output.global_step, output.training_loss, best.loss, tokens, round(output.metrics["train_runtime"], 1)
    )


def gpu_facts() -> dict[str, str | int]:
    """Empty without a GPU."""
    if not torch.cuda.is_available():
        return {}
    return {"gpu": torch.cuda.get_device_name(), "peak_gpu_memory_bytes": torch.cuda.max_memory_allocated()}


def completion_columns(row: Row) -> dict[str, list[int]]:
    """TRL's format for a prompt and completion that are token ids already."""
    answer_length = len(row.tokens) - row.prompt_length
    return {"input_ids": list(row.tokens), "completion_mask": [0] * row.prompt_length + [1] * answer_length}
