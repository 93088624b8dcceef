"""The worlds an evaluation runs: which seeds, what is changed in them, and which arms compete."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from clean_room.policy import Dominance, Policy, shipped_policies
from data.market import PlacementTraits, ResponseShape
from data.market.parameters import DISPLAY, NATIVE, SEARCH
from schemas.clean_room import Dimension, Grain


class Contest(StrEnum):
    """Which arms compete: everything, both arms between today's mix and the oracle, or the clean room alone."""

    EVERY_ARM = "every_arm"
    BOTH_ARMS = "both_arms"
    CLEAN_ROOM = "clean_room"


@dataclass(frozen=True)
class Scenario:
    """`changes` to the market's defaults; `k` and `skus_everywhere` change the retailers' policies, `dated` the
    requests. `shapes`: response families that the seeds take in turn."""

    name: str
    title: str
    seeds: range
    contest: Contest = Contest.BOTH_ARMS
    changes: Mapping[str, object] = field(default_factory=dict)
    k: int | None = None
    skus_everywhere: bool = False
    dated: Grain | None = None
    shapes: tuple[ResponseShape, ...] = (ResponseShape.HILL,)
    slsqp_worlds: int = 0

    def changes_of(self, seed: int) -> dict[str, object]:
        shape = self.shapes[(seed - self.seeds.start) % len(self.shapes)]
        return {"response_shape": shape, **self.changes}

    @property
    def policies(self) -> dict[str, Policy]:
        return {name: _changed(policy, self) for name, policy in shipped_policies().items()}


TUNING = range(100)
"""What estimators and defaults may be tuned on; no figure is reported from these."""
HELD_OUT = range(1000, 1200)
OTHER_FAMILY = range(1200, 1250)
NULL = range(1300, 1350)
PRIVACY = range(1400, 1420)
SENSITIVITY = range(1500, 1530)
ADVERSE = range(1600, 1650)

UNBIASED = {
    name: traits.model_copy(update={"over_credit": 1.0})
    for name, traits in (("search", SEARCH), ("display", DISPLAY), ("native", NATIVE))
}
SAME_MARGINS = {"margin_sd": 0.0}
NOTHING_PRIVATE: Mapping[str, object] = {**SAME_MARGINS, "promotions": False, "stock_limits": False}
NOTHING_TO_LEARN: Mapping[str, PlacementTraits | object] = {
    **NOTHING_PRIVATE, **UNBIASED, "demand_following": 0.0, "promotion_boost": 0.0,
}  # fmt: skip
STALE_DAYS = 7
WRONG_SHARE = 0.2
KS = (1, 10, 50, 100, 500)
GRAINS = (None, Grain.MONTH, Grain.WEEK, Grain.DAY)
"""How finely the retailer's answers are dated; None is one answer for the whole history, as every run asks."""


def main_worlds(seeds: range = HELD_OUT, slsqp_worlds: int = 10) -> Scenario:
    return Scenario("held_out", "Worlds of the default market", seeds, Contest.EVERY_ARM, slsqp_worlds=slsqp_worlds)


def other_family(seeds: range = OTHER_FAMILY) -> Scenario:
    shapes = (ResponseShape.LOG, ResponseShape.ROOT)
    return Scenario("other_family", "Worlds whose response follows a logarithm or a root", seeds, shapes=shapes)


def null_worlds(seeds: range = NULL) -> tuple[Scenario, ...]:
    return (
        Scenario(
            "null",
            "Nothing private is worth anything: one margin, no promotions, endless stock, every cell told, attribution "
            "without bias, spend that follows nothing",
            seeds,
            changes=NOTHING_TO_LEARN,
            k=1,
            skus_everywhere=True,
        ),
        Scenario(
            "null_but_attribution",
            "The same, but attribution keeps its bias and spend follows demand",
            seeds,
            changes=NOTHING_PRIVATE,
            k=1,
            skus_everywhere=True,
        ),
    )


def adverse_worlds(seeds: range = ADVERSE) -> tuple[Scenario, ...]:
    return (
        Scenario("feed_right", "The default market, to compare with", seeds),
        Scenario(
            "feed_stale", f"The brand's feed is {STALE_DAYS} days old", seeds, changes={"feed_lag_days": STALE_DAYS}
        ),
        Scenario(
            "feed_wrong",
            f"{WRONG_SHARE:.0%} of the feed's rows are wrong",
            seeds,
            changes={"feed_error_share": WRONG_SHARE},
        ),
    )


def sensitivity(seeds: range = SENSITIVITY) -> tuple[Scenario, ...]:
    changed: dict[str, tuple[str, Mapping[str, object]]] = {
        "default": ("The default market", {}),
        "events_180k": ("Ten times the events", {"events": 180_000}),
        "no_confounding": (
            "Spend follows neither demand nor promotions", {"demand_following": 0.0, "promotion_boost": 0.0}
        ),
        "strong_confounding": ("Spend follows demand twice as strongly", {"demand_following": 2.0}),
        "margin_follows_return": ("Products that respond well earn well", {"margin_return_correlation": 0.6}),
        "margin_against_return": ("Products that respond well earn little", {"margin_return_correlation": -0.6}),
        "margins_alike": ("Every product earns the same", SAME_MARGINS),
        "no_pauses": ("The brand never paused anything", {"paused_share": 0.0}),
    }  # fmt: skip
    return tuple(
        Scenario(f"sensitivity_{name}", title, seeds, changes=changes) for name, (title, changes) in changed.items()
    )


def price_of_privacy(seeds: range = PRIVACY) -> tuple[Scenario, ...]:
    return tuple(
        Scenario(
            privacy_name(k, dated),
            f"k = {k}, asked {grain_words(dated)}",
            seeds,
            Contest.CLEAN_ROOM,
            k=k,
            dated=dated,
        )
        for k in KS
        for dated in GRAINS
    )


def privacy_name(k: int, dated: Grain | None) -> str:
    return f"privacy_k{k}_{dated.value if dated else 'history'}"


def grain_words(dated: Grain | None) -> str:
    return f"by {dated.value}" if dated else "for the whole history"


def full() -> tuple[Scenario, ...]:
    return (
        main_worlds(),
        other_family(),
        *null_worlds(),
        *adverse_worlds(),
        *sensitivity(),
        *price_of_privacy(),
    )


def quick(worlds: int = 20) -> tuple[Scenario, ...]:
    """A look at every part, in under five minutes: too few worlds to quote."""
    few = max(2, worlds // 4)
    return (
        main_worlds(HELD_OUT[:worlds], slsqp_worlds=0),
        other_family(OTHER_FAMILY[:few]),
        *null_worlds(NULL[:few]),
        *adverse_worlds(ADVERSE[:few]),
        *price_of_privacy(PRIVACY[:few]),
    )


def _changed(policy: Policy, scenario: Scenario) -> Policy:
    update: dict[str, object] = {}
    if scenario.k is not None:
        update |= {"min_rows": scenario.k, "min_people": scenario.k}
        if scenario.k == 1:
            # Told whoever is in it. The rule itself allows no such share, because no retailer would.
            update["dominance"] = Dominance.model_construct(contributors=1, max_share=1.0)
    if scenario.skus_everywhere:
        update["dimensions"] = tuple(Dimension)
    return policy.model_copy(update=update)
