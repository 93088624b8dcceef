"""The honest comparison: arms that differ only in what they may see, in worlds whose truth is known."""
