"""Names that no adapter has, by the thousand: each a plain 404, none a trace."""

import asyncio
import random
import tracemalloc

import pytest
from prometheus_client import REGISTRY

from serving.edge import Edge
from tests.serving.edge.asgi import Answer, RecordingApp, asking, fetch, say
from tests.serving.edge.conftest import MakeEdge
from tests.serving.edge.tenants_files import KEY_X, table
from tests.tiny import BRAND_X, INDUSTRY

NAMES = [
    "",
    " ",
    "+",
    "++",
    "BASE",
    "base ",
    " base",
    "base+base",
    f"base+{INDUSTRY}",
    "base:0.5",
    "base@000000000000",
    f"{INDUSTRY}+",
    f"+{INDUSTRY}",
    f"{INDUSTRY}++{BRAND_X}",
    f"{INDUSTRY}+{INDUSTRY}",
    f"{INDUSTRY}+{BRAND_X}+a+b",
    f"{INDUSTRY},{BRAND_X}",
    f"{INDUSTRY} {BRAND_X}",
    f"{INDUSTRY}%2B{BRAND_X}",
    f"{INDUSTRY}/../{BRAND_X}",
    f"../{INDUSTRY}",
    f"/{INDUSTRY}",
    f"./{INDUSTRY}",
    "../../etc/passwd",
    "C:\\windows",
    f"{INDUSTRY}\0",
    f"{INDUSTRY}\0.json",
    f"{INDUSTRY}\n",
    f"{INDUSTRY}\r\nx-evil: 1",
    INDUSTRY.upper(),
    INDUSTRY.replace("a", "\u0430"),  # Cyrillic
    INDUSTRY.replace("_", "\uff3f"),  # full width
    INDUSTRY + "\u200b",  # zero width
    "\u202e" + INDUSTRY,
    INDUSTRY.replace("i", "\u0131"),  # dotless
    INDUSTRY + "\ud800",
    f"{INDUSTRY}:\u0661",  # Arabic one
    f"{INDUSTRY}@\uff10{'0' * 11}",
    f"{INDUSTRY}:",
    f"{INDUSTRY}:0",
    f"{INDUSTRY}:0.0",
    f"{INDUSTRY}:-0",
    f"{INDUSTRY}:NaN",
    f"{INDUSTRY}:nan",
    f"{INDUSTRY}:inf",
    f"{INDUSTRY}:1e9",
    f"{INDUSTRY}:1e-9",
    f"{INDUSTRY}:1000000000",
    f"{INDUSTRY}:10.0001",
    f"{INDUSTRY}:-11",
    f"{INDUSTRY}:0.00001",
    f"{INDUSTRY}:+1",
    f"{INDUSTRY}: 1",
    f"{INDUSTRY}:1_0",
    f"{INDUSTRY}:0x1",
    f"{INDUSTRY}:1:1",
    f"{INDUSTRY}:" + "9" * 400,
    f"{INDUSTRY}@",
    f"{INDUSTRY}@{'0' * 11}",
    f"{INDUSTRY}@{'0' * 65}",
    f"{INDUSTRY}@{'A' * 12}",
    f"{INDUSTRY}@{'0' * 12}@{'0' * 12}",
    f"{INDUSTRY}:1@{'0' * 12}",
    "x" * 65,
    "x" * 512,
    "x" * 513,
    "x" * 100_000,
    "+".join(["x"] * 50_000),
    "*",
    "{}",
    "${HOME}",
    "%s%n",
    "'; drop table",
    "<script>",
    ".",
    "..",
    "-",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_malformed_name_is_a_short_404_and_goes_no_further(
    edge: Edge, local_edge: Edge, behind: RecordingApp, name: str
) -> None:
    for answer in (say(edge, name, KEY_X), say(local_edge, name)):
        assert (answer.status, answer.error["code"], answer.error["param"]) == (404, "model_not_found", "model")
        assert len(b"".join(answer.chunks)) < 6000

    assert behind.asked == []


@pytest.mark.parametrize("name", [name for name in NAMES if name], ids=range(len(NAMES) - 1))
def test_a_malformed_name_in_a_path_is_a_404_too(edge: Edge, behind: RecordingApp, name: str) -> None:
    answer = fetch(edge, f"/v1/models/{name}", KEY_X)

    assert (answer.status, answer.error["code"]) == (404, "model_not_found")
    assert behind.asked == []


def random_names(count: int) -> list[str]:
    chance = random.Random(20260101)
    pieces = [
        INDUSTRY,
        BRAND_X,
        "base",
        "+",
        "+",
        "@",
        ":",
        "0.5",
        "1e9",
        "abcdef012345",
        "/",
        "..",
        ",",
        "\0",
        "я",
        " ",
    ]
    names = []
    for _ in range(count):
        text = "".join(
            chance.choice([*pieces, chr(chance.randrange(1, 0x3000))]) for _ in range(chance.randrange(1, 9))
        )
        names.append(f"{text}!")  # no name has an exclamation mark
    return names


async def all_answers(edge: Edge, names: list[str]) -> list[Answer]:
    return [await asking(edge, {"model": name, "messages": []}, key=KEY_X) for name in names]


def series() -> int:
    return sum(len(metric.samples) for metric in REGISTRY.collect() if metric.name.startswith("federation_"))


def test_a_thousand_random_bad_names_reach_nothing_and_leave_nothing_behind(
    edge_for: MakeEdge, behind: RecordingApp
) -> None:
    edge = edge_for(table("brand_x", KEY_X, adapters=[INDUSTRY, BRAND_X], limits={"requests_per_minute": 100_000}))
    names = random_names(1000)
    statuses = {answer.status for answer in asyncio.run(all_answers(edge, names[:800]))}
    series_before = series()

    tracemalloc.start()
    start_bytes, _ = tracemalloc.get_traced_memory()
    statuses |= {answer.status for answer in asyncio.run(all_answers(edge, names[800:]))}
    grown_bytes = tracemalloc.get_traced_memory()[0] - start_bytes
    tracemalloc.stop()

    assert statuses == {404}
    assert behind.scopes == []
    assert series() == series_before
    assert edge._admission._compositions == {}
    assert edge._labels._known == set()
    assert grown_bytes < 100_000
