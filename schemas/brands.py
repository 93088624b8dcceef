"""Each brand's rules for its copy: what the manufacturer adapter is taught and the policy checker enforces."""

from schemas.base import Frozen


class BrandRules(Frozen):
    """`brand_name` is how the world writes it, `name_form` how the brand's own copy must; `lexicon` is its tone."""

    brand_id: str
    brand_name: str
    name_form: str
    lexicon: tuple[str, ...]
    banned_words: tuple[str, ...]


BRAND_RULES: dict[str, BrandRules] = {
    rules.brand_id: rules
    for rules in (
        BrandRules(
            brand_id="brand_x",
            brand_name="Xando",
            name_form="XANDO",
            lexicon=("bold", "full-on", "wide awake", "turned up"),
            banned_words=("gentle", "mild"),
        ),
        BrandRules(
            brand_id="brand_y",
            brand_name="Yelva",
            name_form="Yelva°",
            lexicon=("calm", "gentle", "unhurried", "quietly good"),
            banned_words=("extreme", "explosive"),
        ),
    )
}
