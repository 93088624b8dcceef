"""Names that columns go by in reports we have no schema for: English, German, French and Spanish."""

import difflib
from dataclasses import dataclass

from orchestrator.harmonizer.headers import header_name
from schemas.rmis import PlacementVocabulary, SourceField

Field = SourceField
Vocabulary = PlacementVocabulary

EXACT_CONFIDENCE = 0.9
SIMILAR_CONFIDENCE = 0.7

# Within a field the earlier name wins where a report has several.
ALIASES: dict[SourceField, tuple[str, ...]] = {
    Field.DATE: (
        *("date", "day", "report date", "reporting date", "activity date", "delivery date", "event date"),
        *("datum", "fecha", "jour"),
    ),
    Field.SKU_ID: (
        *("sku", "sku id", "advertised sku", "promoted sku", "product sku", "item sku", "seller sku", "merchant sku"),
        *("sku code", "sku number", "artikelnummer", "reference produit"),
    ),
    Field.PRODUCT_ID: (
        *("asin", "advertised asin", "promoted asin", "item id", "product id", "adv product id", "item number"),
        *("product code", "article number", "tcin", "upc", "gtin", "ean"),
    ),
    Field.IMPRESSIONS: (
        *("impressions", "impr", "imps", "ad impressions", "total impressions", "num ads shown", "ads shown"),
        *("impressionen", "einblendungen", "impresiones", "affichages"),
    ),
    Field.CLICKS: ("clicks", "ad clicks", "total clicks", "link clicks", "num ads clicks", "klicks", "clics"),
    Field.CONVERSIONS: (
        *("total orders", "attributed orders", "orders", "total purchases", "purchases", "conversions"),
        *("attributed conversions", "total conversions", "transactions", "bestellungen", "commandes", "pedidos"),
        "gesamtzahl der bestellungen in",
    ),
    Field.UNITS: (
        *("total units", "attributed units", "units sold", "units sold clicks", "units", "units ordered"),
        *("unit sales", "einheiten", "unites", "unidades", "gesamtzahl der einheiten in"),
    ),
    Field.REVENUE: (
        *("total sales", "attributed sales", "attributed revenue", "sales", "revenue", "ad sales", "ad revenue"),
        *("total revenue", "ad attributed sales", "ad attributed revenue", "sales revenue", "sales amount", "gmv"),
        *("sale amount", "sales value", "conversion value", "umsatz", "gesamtumsatz", "gesamtumsatz in"),
        *("chiffre d affaires", "ventes", "ventas", "ingresos"),
    ),
    Field.COST: (
        *("spend", "ad spend", "total spend", "media spend", "cost", "ad cost", "total cost", "costs", "media cost"),
        *(
            "amount spent",
            "spend amount",
            "cost amount",
            "kosten",
            "ausgaben",
            "werbeausgaben",
            "depenses",
            "depense",
            "cout",
            "couts",
            "gasto",
        ),
        *("coste", "inversion"),
    ),
    Field.CURRENCY: (
        *("currency", "currency code", "budget currency", "campaign budget currency code", "account currency"),
        *("wahrung", "waehrung", "devise", "moneda"),
    ),
}

PLACEMENT_ALIASES: dict[PlacementVocabulary, tuple[str, ...]] = {
    Vocabulary.PLACEMENT: (
        "placement type",
        "placement",
        "ad placement",
        "placement name",
        "platzierung",
        "emplacement",
    ),
    Vocabulary.PAGE_TYPE: ("page type", "page type name"),
    Vocabulary.MEDIA_TYPE: ("media type", "ad type", "ad product", "ad format", "campaign type", "campaign type name"),
    Vocabulary.CAMPAIGN: ("campaign name", "campaign", "kampagne", "kampagnenname", "campagne", "campana"),
}

# A name with one of these words is a ratio, a plan or a part of a metric, never the metric.
NOT_THE_METRIC = frozenset(
    (
        *("acos", "roas", "ctr", "cpc", "cpm", "cpo", "cvr", "rate", "ratio", "per", "avg", "average"),
        *("budget", "bid", "share", "percent", "percentage", "ntb", "new", "other", "same", "halo"),
        *("assisted", "view", "viewable", "organic", "target", "goal", "change", "previous", "prior"),
        *("rank", "list", "margin", "tax", "net", "id"),
    )
)
# Words that do not change what a metric is.
FILLER = frozenset(
    (
        *("total", "ad", "ads", "attributed", "sum", "number", "num", "count", "no"),
        *("gross", "reported", "of", "in", "the", "all", "media", "paid", "sponsored", "product"),
        *("products", "campaign", "retail", "online"),
    )
)


@dataclass(frozen=True)
class AliasMatch:
    field: SourceField
    rank: int
    confidence: float
    vocabulary: PlacementVocabulary | None = None


_KNOWN: dict[str, AliasMatch] = {
    alias: AliasMatch(field, rank, EXACT_CONFIDENCE)
    for field, names in ALIASES.items()
    for rank, alias in enumerate(names)
} | {
    alias: AliasMatch(Field.PLACEMENT_TYPE, rank, EXACT_CONFIDENCE, vocabulary)
    for vocabulary, names in PLACEMENT_ALIASES.items()
    for rank, alias in enumerate(names)
}
_CORES = {
    core: match
    for alias, match in reversed(_KNOWN.items())
    if match.field is not Field.PLACEMENT_TYPE
    and (core := " ".join(word for word in alias.split() if word not in FILLER))
}


def alias_match(column: str) -> AliasMatch | None:
    return _KNOWN.get(header_name(column).words)


def similar_match(column: str) -> AliasMatch | None:
    """A name that is an alias but for filler words or a slip of the pen: worth a person's look, not a decision."""
    words = header_name(column).words.split()
    if not words or NOT_THE_METRIC & set(words):
        return None
    core = " ".join(word for word in words if word not in FILLER)
    close = [core] if core in _CORES else difflib.get_close_matches(core, _CORES, n=1, cutoff=0.84)
    if not core or not close:
        return None
    found = _CORES[close[0]]
    return AliasMatch(found.field, found.rank, SIMILAR_CONFIDENCE, found.vocabulary)
