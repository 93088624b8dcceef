"""What loading a new composition does to those who are reading their answers: the longest wait between two tokens."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import httpx

from tests.vllm.bench.asking import TIMEOUT_SECONDS, chat_body, is_token, prompt_of, require_success
from tests.vllm.bench.figures import quantile
from tests.vllm.bench.generator import RunFailed

GAPS_BEFORE = 40  # per stream
WAIT_SECONDS = 120


@dataclass(frozen=True)
class Window:
    """When the load was asked for and when it was answered, by the clock of the arrivals."""

    start: float
    end: float


def stall_trial(
    url: str, streamed: Sequence[str], fresh: str, words: int, max_tokens: int, number: int
) -> dict[str, float]:
    """The names in `streamed` are decoded while `fresh`, never asked for before, is composed and loaded.

    Raises RunFailed.
    """
    try:
        arrivals, window = asyncio.run(_trial(url, streamed, fresh, words, max_tokens, number))
    except (httpx.HTTPError, TimeoutError) as error:
        raise RunFailed(f"{type(error).__name__}: {error}") from error
    return stall_figures(arrivals, window)


async def _trial(
    url: str, streamed: Sequence[str], fresh: str, words: int, max_tokens: int, number: int
) -> tuple[list[list[float]], Window]:
    arrivals: list[list[float]] = [[] for _ in streamed]
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        streams = [
            asyncio.create_task(_stream(http, name, prompt_of(words, number * 10 + place), max_tokens, arrivals[place]))
            for place, name in enumerate(streamed)
        ]
        try:
            await _until(lambda: all(len(stream) > GAPS_BEFORE for stream in arrivals), streams)
            start = time.perf_counter()
            response = await http.post("/tokenize", json={"model": fresh, "prompt": "x"})
            window = Window(start, time.perf_counter())
            require_success(response)
            await _until(lambda: all(stream[-1] > window.end for stream in arrivals), streams)
        finally:
            for stream in streams:
                stream.cancel()
            await asyncio.gather(*streams, return_exceptions=True)
    return arrivals, window


async def _stream(http: httpx.AsyncClient, name: str, prompt: str, max_tokens: int, arrivals: list[float]) -> None:
    async with http.stream("POST", "/v1/chat/completions", json=chat_body(name, prompt, max_tokens)) as response:
        if not response.is_success:
            await response.aread()
        require_success(response)
        async for line in response.aiter_lines():
            if is_token(line):
                arrivals.append(time.perf_counter())


async def _until(holds: Callable[[], bool], streams: Sequence["asyncio.Task[None]"]) -> None:
    """Raises what ended a stream, RunFailed for one that ended by itself, TimeoutError."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not holds():
            for stream in streams:
                if stream.done():
                    stream.result()
                    raise RunFailed("a stream ended before the load was over; the context is too short")
            await asyncio.sleep(0.01)  # what is waited for is written by the streams of this very loop


def stall_figures(arrivals: Sequence[Sequence[float]], window: Window) -> dict[str, float]:
    """Waits between tokens before the load, once every stream had begun, and the longest that overlaps it.

    >>> before = [0.0, 0.1, 0.2, 0.3]
    >>> stall_figures([[*before, 1.3, 1.4]], Window(0.35, 1.2))["to_median"]
    10.0
    """
    begun = max(stream[0] for stream in arrivals)
    gaps = [pair for stream in arrivals for pair in pairwise(stream)]
    before = [end - start for start, end in gaps if begun <= start and end <= window.start]
    during = [end - start for start, end in gaps if end > window.start and start < window.end]
    median, p99, longest = quantile(before, 0.5), quantile(before, 0.99), max(during)
    return {
        "gaps_before": len(before),
        "median_gap_before_s": median,
        "p99_gap_before_s": p99,
        "max_gap_before_s": max(before),
        "load_s": window.end - window.start,
        "max_gap_during_load_s": longest,
        "to_median": round(longest / median, 2),
        "to_p99": round(longest / p99, 2),
    }
