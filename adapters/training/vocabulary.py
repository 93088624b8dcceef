"""The words examples are made of. None of the made-up brands is a tenant's."""

PRACTICE_BRANDS = (
    "Morvel", "Tinsley", "Orbano", "Kestro", "Fennick", "Luvia", "Padrino", "Saltby", "Veroni", "Wexmoor",
    "Arlo Farm", "Bramble & Co", "Nordvik", "Quillan", "Zephra",
)  # fmt: skip

PRODUCTS = (
    "Dark Roast", "Oat Granola", "Sea Salt Crisps", "Orange Spritz", "Cold Brew", "Honey Flakes", "Trail Mix",
    "Ginger Beer", "House Blend", "Berry Muesli", "Corn Puffs", "Green Tea", "Espresso Beans", "Porridge Pot",
    "Pretzel Bites", "Lemon Tonic", "Decaf Ground", "Nut Clusters", "Rice Cakes", "Apple Juice", "Breakfast Bar",
    "Chilli Nuts", "Mocha Pods", "Coconut Water", "Wheat Biscuits", "Salted Popcorn", "Peach Iced Tea", "Latte Sachets",
    "Fruit Loops", "Veggie Chips",
)  # fmt: skip

CATEGORY_OF: dict[str, str] = {
    product: category
    for category, products in {
        "coffee": (
            "Dark Roast", "Cold Brew", "House Blend", "Espresso Beans", "Decaf Ground", "Mocha Pods", "Latte Sachets",
        ),
        "snacks": (
            "Sea Salt Crisps", "Trail Mix", "Pretzel Bites", "Nut Clusters", "Rice Cakes", "Chilli Nuts",
            "Salted Popcorn", "Veggie Chips", "Corn Puffs",
        ),
        "breakfast": (
            "Oat Granola", "Honey Flakes", "Berry Muesli", "Porridge Pot", "Breakfast Bar", "Wheat Biscuits",
            "Fruit Loops",
        ),
        "beverages": (
            "Orange Spritz", "Ginger Beer", "Green Tea", "Lemon Tonic", "Apple Juice", "Coconut Water",
            "Peach Iced Tea",
        ),
    }.items()
    for product in products
}  # fmt: skip

PACKS = ("250 g", "500 g", "1 kg", "6 pack", "12 pack", "330 ml", "1 l", "Family Pack", "Mini", "Twin Pack")

BENEFITS = (
    "ready in minutes", "for busy mornings", "made for sharing", "a treat for the break", "crisp in every bite",
    "full of flavour", "for the whole family", "easy to love", "good to go", "your weekday favourite",
)  # fmt: skip

BODIES = (
    "A simple pleasure for the weekly shop, ready when you are.",
    "Keep one at home and one for the road.",
    "Made with care, packed fresh, and easy to find in store.",
    "The pantry staple that turns a quick bite into a proper break.",
    "Pick it up with your next order and taste the difference.",
)

CALLS = ("Shop now", "Add to basket", "Try it today", "See the range", "Find it in store")
