"""Callbacks connect components; what they show is made by pure functions elsewhere."""
