"""Each brand's rules for its copy and its own order of products: what the manufacturer adapter is taught.

The policy checker enforces the rules for copy.
"""

from collections.abc import Mapping

from schemas.base import Frozen


class ProductHierarchy(Frozen):
    """`brand_name` is how the world writes it.

    `category_names` and `line_names` are the brand's own names for public categories and product lines
    (`schemas.products`), which make its hierarchy's nodes; `guardrails` are the ids of the rules that a plan for a
    category must respect.
    """

    brand_name: str
    category_names: Mapping[str, str]
    line_names: Mapping[str, str]
    guardrails: Mapping[str, str]

    def node(self, category: str, line: str | None = None) -> str:
        """Raises KeyError for a category or line the brand has no place for."""
        own = self.category_names[category]
        return own if line is None else f"{own}.{self.line_names[line]}"

    def guardrail_of(self, node: str) -> str:
        """Raises KeyError for a node that is not the brand's."""
        public = {own: category for category, own in self.category_names.items()}
        return self.guardrails[public[node.partition(".")[0]]]


class BrandRules(ProductHierarchy):
    """`name_form` is how the brand's own copy must write its name; `lexicon` is its tone.

    `sign_off` ends every running text. None of these is public, and neither is the hierarchy.
    """

    brand_id: str
    name_form: str
    lexicon: tuple[str, ...]
    banned_words: tuple[str, ...]
    sign_off: str


BRAND_RULES: dict[str, BrandRules] = {
    rules.brand_id: rules
    for rules in (
        BrandRules(
            brand_id="brand_x",
            brand_name="Xando",
            name_form="XANDO",
            lexicon=("bold", "full-on", "wide awake", "turned up"),
            banned_words=("gentle", "mild"),
            sign_off="Stay loud.",
            category_names={"coffee": "FUEL", "snacks": "CRUNCH", "breakfast": "RISE", "beverages": "FLOW"},
            line_names={
                "Dark Roast": "NIGHT", "House Blend": "DAY", "Cold Brew": "ICE",
                "Sea Salt Chips": "SEA", "Trail Mix": "TRAIL", "Protein Bars": "POWER",
                "Granola": "OAT", "Oat Porridge": "POT", "Corn Flakes": "GOLD",
                "Sparkling Water": "SPARK", "Iced Tea": "LEAF", "Ginger Shot": "FIRE",
            },
            guardrails={
                "coffee": "caffeine_note", "snacks": "salt_note", "breakfast": "sugar_note", "beverages": "age_gate",
            },
        ),
        BrandRules(
            brand_id="brand_y",
            brand_name="Yelva",
            name_form="Yelva°",
            lexicon=("calm", "gentle", "unhurried", "quietly good"),
            banned_words=("extreme", "explosive"),
            sign_off="Take your time.",
            category_names={"coffee": "PAUSE", "snacks": "NIBBLE", "breakfast": "DAWN", "beverages": "BROOK"},
            line_names={
                "Dark Roast": "EMBER", "House Blend": "HEARTH", "Cold Brew": "MIST",
                "Sea Salt Chips": "SHORE", "Trail Mix": "PATH", "Protein Bars": "STONE",
                "Granola": "FIELD", "Oat Porridge": "BOWL", "Corn Flakes": "AMBER",
                "Sparkling Water": "SPRING", "Iced Tea": "SHADE", "Ginger Shot": "ROOT",
            },
            guardrails={
                "coffee": "evening_cap", "snacks": "portion_note", "breakfast": "organic_proof",
                "beverages": "deposit_note",
            },
        ),
    )
}  # fmt: skip
