"""A composition cut to a lower rank, as an adapter of its own: smaller to serve, no longer exact, never the same name.

The best approximation of that rank is the truncated SVD (Eckart-Young), found without forming B·A, which for a large
base has thousands of times the size of its factors: with B = Q_b R_b and A^T = Q_a R_a, the singular values of B·A are
those of the small core R_b R_a^T. What the cut keeps is reported as energy, the share of the squared Frobenius norm.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from adapters.compose import Composition, WeightsDtype, concatenate, config_json
from adapters.digest import CONFIG_FILE, WEIGHTS_FILE
from adapters.lora_tensors import read_lora
from adapters.manager import AdapterManager
from adapters.names import CompositionName, NamePart, canonical, plain, unpinned
from adapters.registration import register_weights
from adapters.safetensors_file import Array, write_tensors
from schemas.adapters import AdapterCard, AdapterIdentity, AdapterType, AdapterWeights, Strategy
from schemas.errors import AdapterMismatch, AdapterNameInvalid, InputInvalid

EVERYONE = "*"

Float64 = npt.NDArray[np.float64]
Training = dict[str, str | int | float | bool | None]


@dataclass(frozen=True)
class LowRank:
    """`retained_energy` is 1 - |dW - dW_r|^2 / |dW|^2 over all layers together; `worst_layer` keeps the least."""

    composition: Composition
    retained_energy: float
    worst_layer: str
    worst_layer_retained_energy: float


@dataclass(frozen=True)
class Recompressed:
    card: AdapterCard
    folder: Path
    low_rank: LowRank


def low_rank(composition: Composition, rank: int) -> LowRank:
    """The best approximation of every layer at one rank, in float32. Progress shows after two seconds.

    Raises InputInvalid for a rank that is no cut and AdapterMismatch for a composition that changes nothing.
    """
    if not 1 <= rank <= composition.rank:
        raise InputInvalid(
            f"rank {rank} is no cut of a composition of rank {composition.rank}; give 1..{composition.rank}"
        )
    tensors: dict[str, Array] = {}
    energies: dict[str, tuple[float, float]] = {}
    for layer in tqdm(_layers(composition), desc="recompressing", unit="layer", delay=2, disable=None):
        a_name, b_name = f"{layer}.lora_A.weight", f"{layer}.lora_B.weight"
        b, a, energies[layer] = _truncated(composition.tensors[b_name], composition.tensors[a_name], rank)
        tensors |= {a_name: a, b_name: b}
    kept, total = (sum(column) for column in zip(*energies.values(), strict=True))
    if total == 0:
        raise AdapterMismatch("the composition changes nothing: its adapters cancel or are all zero; nothing to keep")
    shares = {layer: part / whole for layer, (part, whole) in energies.items() if whole > 0}
    worst = min(shares, key=lambda layer: shares[layer])
    shapes = {name: (values.shape[0], values.shape[1]) for name, values in tensors.items()}
    cut = Composition(shapes, tensors, WeightsDtype.FLOAT32, rank, composition.target_modules)
    return LowRank(cut, kept / total, worst.removeprefix("base_model.model."), shares[worst])


def recompress(
    manager: AdapterManager, name: CompositionName, rank: int, folder: Path, base_sha256: str | None = None
) -> Recompressed:
    """Write the composition at a lower rank as the adapter `folder`, whose name is its id.

    Raises AdapterError for the name and its adapters, InputInvalid for the rank, AdapterNameInvalid for an id that is
    taken, and AdapterMismatch where no tenant may use all the sources.
    """
    adapter_id = NamePart(folder.name).adapter_id
    if folder.exists() or (manager.root / adapter_id).exists():
        raise AdapterNameInvalid(
            f"there is {adapter_id!r} already; a recompressed adapter has other bytes and needs a name of its own"
        )
    base = base_sha256 or manager.base_for(name)
    pinned = canonical(name, manager, base)
    if pinned.is_base:
        raise AdapterNameInvalid(f"{str(pinned)!r} is the base model itself: there is nothing to recompress")
    chosen = [(part, manager.weights_for(part.adapter_id, base)) for part in pinned.parts]
    cards = [manager.card_for(part.adapter_id) for part in pinned.parts]
    audience = _audience(cards)
    composition = concatenate(
        [
            (read_lora(manager.folder_for(part.adapter_id, own), part.adapter_id, own.files), part.weight)
            for part, own in chosen
        ],
        WeightsDtype.FLOAT32,
    )
    cut = low_rank(composition, rank)
    card = _registered(folder, _identity(adapter_id, pinned, cards, audience, cut), chosen, composition.rank, cut)
    return Recompressed(card, folder / card.weights[0].base_slug, cut)


def _layers(composition: Composition) -> list[str]:
    return sorted({name.rpartition(".lora_")[0] for name in composition.shapes})


def _truncated(b: Array, a: Array, rank: int) -> tuple[Array, Array, tuple[float, float]]:
    """B, A and (kept, whole) energy. In float64, so that cutting nothing changes nothing that float32 can hold."""
    q_b, r_b = np.linalg.qr(b.astype(np.float64))
    q_a, r_a = np.linalg.qr(a.astype(np.float64).T)
    u, singular_values, v_t = np.linalg.svd(r_b @ r_a.T, full_matrices=False)
    kept = min(rank, len(singular_values))
    # The root on either side keeps both factors of one size, as float16 and bfloat16 servers need.
    root = np.sqrt(singular_values[:kept])
    cut_b, cut_a = np.zeros((b.shape[0], rank), np.float32), np.zeros((rank, a.shape[1]), np.float32)
    cut_b[:, :kept] = q_b @ (u[:, :kept] * root)
    cut_a[:kept] = (root[:, None] * v_t[:kept]) @ q_a.T
    energy: Float64 = singular_values**2
    return cut_b, cut_a, (float(energy[:kept].sum()), float(energy.sum()))


def _registered(
    folder: Path,
    identity: AdapterIdentity,
    chosen: Sequence[tuple[NamePart, AdapterWeights]],
    former_rank: int,
    cut: LowRank,
) -> AdapterCard:
    first = chosen[0][1]
    with tempfile.TemporaryDirectory(prefix="recompressing-") as unfinished:
        weights_dir = Path(unfinished)
        shapes, tensors = cut.composition.shapes, cut.composition.tensors
        write_tensors(weights_dir / WEIGHTS_FILE, shapes, cut.composition.dtype.numpy, tensors)
        (weights_dir / CONFIG_FILE).write_bytes(config_json(cut.composition, first.base_model))
        return register_weights(
            folder.parent,
            identity,
            weights_dir,
            first.base_model,
            first.base_sha256,
            Strategy.ADDITIVE,  # the parents' updates are inside: it needs none of them beside it
            None,
            training=_training(chosen, former_rank, cut),
            evaluation={},
            tokenizer_sha256=_shared([own.tokenizer_sha256 for _, own in chosen]),
            chat_template_sha256=_shared([own.chat_template_sha256 for _, own in chosen]),
        )


def _training(chosen: Sequence[tuple[NamePart, AdapterWeights]], former_rank: int, cut: LowRank) -> Training:
    sources: Training = {}
    for part, own in chosen:
        sources[f"source.{part.adapter_id}.sha256"] = own.sha256
        sources[f"source.{part.adapter_id}.weight"] = plain(part.weight)
    return {
        "method": "truncated SVD of a composition",
        "composition": "+".join(str(part) for part, _ in chosen),
        "composition_rank": former_rank,
        "rank": cut.composition.rank,
        "retained_energy": cut.retained_energy,
        "worst_layer": cut.worst_layer,
        "worst_layer_retained_energy": cut.worst_layer_retained_energy,
        **sources,
    }


def _identity(
    adapter_id: str, name: CompositionName, cards: Sequence[AdapterCard], audience: tuple[str, ...], cut: LowRank
) -> AdapterIdentity:
    """Owned, licensed and expiring as the strictest of its sources: a manufacturer's, where there is one."""
    manufacturers = [card for card in cards if card.adapter_type is AdapterType.MANUFACTURER]
    strictest = manufacturers or list(cards)
    expiries = [card.expires_on for card in cards if card.expires_on is not None]
    return AdapterIdentity(
        adapter_id=adapter_id,
        adapter_type=strictest[0].adapter_type,
        name=f"{' + '.join(card.name for card in cards)} at rank {cut.composition.rank}",
        version="0.1.0",
        tags=tuple(dict.fromkeys([tag for card in cards for tag in card.tags] + ["recompressed"])),
        description=(
            f"Contains {' and '.join(card.adapter_id for card in cards)}: their composition {unpinned(name)}, cut to "
            f"rank {cut.composition.rank}, which keeps {cut.retained_energy:.2%} of its energy. Whoever holds this "
            "file holds what its sources learned; withdraw it when one of them is withdrawn."
        ),
        owner=" and ".join(dict.fromkeys(card.owner for card in strictest)),
        audience=audience,
        licence=" and ".join(dict.fromkeys(card.licence for card in strictest)),
        expires_on=min(expiries, default=None),
    )


def _audience(cards: Sequence[AdapterCard]) -> tuple[str, ...]:
    """The tenants that may name every source."""
    limited = [card.audience for card in cards if EVERYONE not in card.audience]
    if not limited:
        return (EVERYONE,)
    shared = tuple(tenant for tenant in limited[0] if all(tenant in audience for audience in limited))
    if not shared:
        listed = ", ".join(f"{card.adapter_id!r} for {'/'.join(card.audience) or 'nobody'}" for card in cards)
        raise AdapterMismatch(f"no tenant may use all of {listed}; an adapter that contains them would serve nobody")
    return shared


def _shared(digests: Sequence[str | None]) -> str | None:
    return digests[0] if len(set(digests)) == 1 else None
