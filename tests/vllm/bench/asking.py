"""What `vllm bench serve` cannot ask: one request at a time, and when each of its tokens came."""

import re
import time
from collections.abc import Mapping
from typing import Any

import httpx

from tests.vllm.bench.generator import RunFailed

TIMEOUT_SECONDS = 300
COMPOSED = "federation_composition_seconds"


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)


def prompt_of(words: int, number: int) -> str:
    """Starts with its number, so that no other prompt's cache holds its beginning."""
    return f"{number} " + " ".join(f"shelf {number + place}" for place in range(max(1, words // 3)))


def chat_body(model: str, prompt: str, max_tokens: int) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": max_tokens,
        "temperature": 0,
        "ignore_eos": True,
        "stream": True,
    }


def is_token(line: str) -> bool:
    """Whether a line of a stream carries a part of the answer."""
    return line.startswith('data: {"') and '"choices":[{' in line


def first_token_seconds(http: httpx.Client, model: str, prompt: str) -> float:
    """Raises RunFailed when the server refuses."""
    started = time.perf_counter()
    with http.stream("POST", "/v1/chat/completions", json=chat_body(model, prompt, 2)) as response:
        require_success(response)
        arrivals = [time.perf_counter() for line in response.iter_lines() if is_token(line)]
    if not arrivals:
        raise RunFailed("a stream without a token")
    return arrivals[0] - started


def load_seconds(http: httpx.Client, model: str) -> float:
    """Asking for a name's tokens resolves it, composes and loads it, and computes nothing. Raises RunFailed."""
    started = time.perf_counter()
    require_success(http.post("/tokenize", json={"model": model, "prompt": "x"}))
    return time.perf_counter() - started


def require_success(response: httpx.Response) -> None:
    if not response.is_success:
        raise RunFailed(f"{response.request.url.path} answered {response.status_code}: {response.read()[:200]!r}")


def composed(http: httpx.Client) -> tuple[int, float]:
    """How many compositions the server has made since it started, and the seconds they took together."""
    response = http.get("/metrics")
    require_success(response)
    totals = totals_of(response.text, (f"{COMPOSED}_count", f"{COMPOSED}_sum"))
    return int(totals[f"{COMPOSED}_count"]), totals[f"{COMPOSED}_sum"]


def totals_of(text: str, names: tuple[str, ...]) -> Mapping[str, float]:
    """Each metric's sum over its label sets. Raises RunFailed for one that is not there."""
    totals = {}
    for name in names:
        found = re.findall(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        if not found:
            raise RunFailed(f"the server has no metric {name}")
        totals[name] = sum(map(float, found))
    return totals
