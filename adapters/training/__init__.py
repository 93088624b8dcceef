"""How the shipped adapters are made: seeded examples with programmatic gold, a plain training loop, an evaluation."""
