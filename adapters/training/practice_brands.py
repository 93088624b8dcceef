"""Made-up brands with an order of products of their own, which the industry's lessons may show to everybody.

Through them the industry adapter learns that a plan's node and guardrail are the named brand's to say. Taught public
categories alone, it learns those words as part of a plan's layout, and no brand's own node ever takes their place.
"""

from schemas.brands import ProductHierarchy

PRACTICE_HIERARCHIES: tuple[ProductHierarchy, ...] = (
    ProductHierarchy(
        brand_name="Dorvik",
        category_names={"coffee": "BEAN", "snacks": "NOSH", "breakfast": "SUNUP", "beverages": "QUENCH"},
        line_names={
            "Dark Roast": "COAL", "House Blend": "HUT", "Cold Brew": "FROST",
            "Sea Salt Chips": "WAVE", "Trail Mix": "HIKE", "Protein Bars": "IRON",
            "Granola": "SEED", "Oat Porridge": "MILL", "Corn Flakes": "RUSTLE",
            "Sparkling Water": "FIZZ", "Iced Tea": "PORCH", "Ginger Shot": "ZING",
        },
        guardrails={
            "coffee": "dose_line", "snacks": "allergen_line", "breakfast": "fibre_line", "beverages": "bottle_line",
        },
    ),
    ProductHierarchy(
        brand_name="Halden",
        category_names={"coffee": "CUP", "snacks": "PANTRY", "breakfast": "TABLE", "beverages": "GLASS"},
        line_names={
            "Dark Roast": "OAK", "House Blend": "ELM", "Cold Brew": "BIRCH",
            "Sea Salt Chips": "DUNE", "Trail Mix": "FERN", "Protein Bars": "ROCK",
            "Granola": "HONEY", "Oat Porridge": "STEAM", "Corn Flakes": "BRASS",
            "Sparkling Water": "PEARL", "Iced Tea": "LINEN", "Ginger Shot": "CLAY",
        },
        guardrails={
            "coffee": "no_minors", "snacks": "calorie_cap", "breakfast": "whole_grain_rule",
            "beverages": "recycling_rule",
        },
    ),
    ProductHierarchy(
        brand_name="Mirano",
        category_names={"coffee": "ROMA", "snacks": "TORINO", "breakfast": "PARMA", "beverages": "COMO"},
        line_names={
            "Dark Roast": "NERO", "House Blend": "CASA", "Cold Brew": "NEVE",
            "Sea Salt Chips": "MARE", "Trail Mix": "MONTE", "Protein Bars": "FORTE",
            "Granola": "GRANO", "Oat Porridge": "CALDO", "Corn Flakes": "ORO",
            "Sparkling Water": "BOLLA", "Iced Tea": "FOGLIA", "Ginger Shot": "FUOCO",
        },
        guardrails={
            "coffee": "origin_proof", "snacks": "family_hours", "breakfast": "school_hours",
            "beverages": "spring_proof",
        },
    ),
)  # fmt: skip
