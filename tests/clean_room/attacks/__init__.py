"""Attacks on the clean room, written as an adversary would write them; `python -m tests.clean_room.attacks` runs all.

Each runs twice, against rooms really built by our builder and against a naive k-anonymous GROUP BY, and reports what
was learnt. The naive engine shows that an attack has power; `mutants.py` shows that it would notice a weakened room.
"""
