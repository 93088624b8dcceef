"""What the made-up brands sell, as everybody may know it: public categories and the product lines in them."""

PRODUCT_LINES: dict[str, tuple[str, ...]] = {
    "coffee": ("Dark Roast", "House Blend", "Cold Brew"),
    "snacks": ("Sea Salt Chips", "Trail Mix", "Protein Bars"),
    "breakfast": ("Granola", "Oat Porridge", "Corn Flakes"),
    "beverages": ("Sparkling Water", "Iced Tea", "Ginger Shot"),
    "dairy": ("Greek Yoghurt", "Kefir", "Oat Drink"),
    "frozen": ("Berry Mix", "Veggie Bowl", "Sorbet"),
    "pasta": ("Penne", "Fusilli", "Lasagne"),
    "sauces": ("Tomato Basil", "Pesto", "Arrabbiata"),
    "bakery": ("Rye Bread", "Crispbread", "Bagels"),
    "spreads": ("Peanut Butter", "Hazelnut Spread", "Jam"),
    "baby": ("Fruit Pouch", "Oat Cereal", "Veggie Puree"),
    "pantry": ("Basmati Rice", "Red Lentils", "Chickpeas"),
}
