"""Helpers that submit to an engine and collect what its listeners hear."""

import queue
from dataclasses import dataclass

from serving.cpu.engine import Engine
from serving.cpu.row import Event, Failed, Finished, Generation, Piece


@dataclass(frozen=True)
class Reply:
    text: str
    end: Finished | Failed


def write_all(engine: Engine, *asked: Generation) -> list[Reply]:
    """Submit at once, so that all rows share a batch, and wait for every one."""
    heard: queue.Queue[tuple[int, Event]] = queue.Queue()

    def listener(at: int):  # type: ignore[no-untyped-def]
        return lambda event: heard.put((at, event))

    engine.submit(*((generation, listener(at)) for at, generation in enumerate(asked)))
    texts = [""] * len(asked)
    ends: dict[int, Finished | Failed] = {}
    while len(ends) < len(asked):
        at, event = heard.get(timeout=60)
        if isinstance(event, Piece):
            texts[at] += event.text
        else:
            ends[at] = event
    return [Reply(text, ends[at]) for at, text in enumerate(texts)]
