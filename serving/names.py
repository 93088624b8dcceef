"""The short spelling of a composition, as clients are shown it."""

from dataclasses import replace

from adapters.names import CompositionName


def without_digests(name: CompositionName) -> CompositionName:
    return CompositionName(tuple(replace(part, digest=None) for part in name.parts))
