"""What each method estimates, the class it belongs to, and what it rests on."""

from dataclasses import dataclass

from schemas.lift import MethodClass


@dataclass(frozen=True)
class MethodFacts:
    title: str
    estimand: str
    method_class: MethodClass
    limits: tuple[str, ...]


ON_THE_TREATED = "average effect per treated unit and period, intention to treat"

METHOD_FACTS = {
    "welch": MethodFacts(
        "difference in means after the start (Welch)",
        ON_THE_TREATED,
        MethodClass.EXPERIMENTS,
        ("It rests on the split alone: nothing before the start corrects an unlucky one.",),
    ),
    "did": MethodFacts(
        "difference in differences of unit means (Welch)",
        ON_THE_TREATED,
        MethodClass.EXPERIMENTS,
        ("It takes for granted that, untreated, both arms would have changed by the same amount.",),
    ),
    "cuped": MethodFacts(
        "regression on arm and pre-period mean (CUPED, ANCOVA with interaction, heteroskedasticity-robust)",
        "average effect per unit and period over the units of both arms, intention to treat",
        MethodClass.EXPERIMENTS,
        ("It adjusts for each unit's mean before the start and for nothing else.",),
    ),
    "cluster_did": MethodFacts(
        "difference in differences on all rows (errors clustered by unit)",
        "average effect per treated row, intention to treat",
        MethodClass.EXPERIMENTS,
        (
            "It takes for granted that, untreated, both arms would have changed by the same amount.",
            "Units with more rows count more.",
        ),
    ),
    "synthetic_control": MethodFacts(
        "synthetic control (convex weights on indexed series, placebo interval)",
        ON_THE_TREATED,
        MethodClass.COUNTERFACTUALS,
        (
            "It believes that the weighted untreated units would have gone on following the treated one.",
            "The interval has the spread of placebos, so it assumes that the treated units are no noisier than others.",
            "Cost is taken as known, not as estimated.",
        ),
    ),
    "switchback": MethodFacts(
        "difference of block means (schedule effects, robust by block)",
        "average effect per unit and period of treated blocks, after the burn-in, intention to treat",
        MethodClass.EXPERIMENTS,
        (
            "An effect that outlasts its block and the burn-in is counted in the next block, which draws the estimate "
            "to zero.",
            "It rests on the blocks having been switched at random.",
        ),
    ),
}
METHODS = tuple(METHOD_FACTS)
