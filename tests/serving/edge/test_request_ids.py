import pytest

from serving.edge import Edge
from serving.edge.request_ids import STEERING
from tests.serving.edge.asgi import HELLO, JSON, RecordingApp, ask, fetch
from tests.serving.edge.tenants_files import KEY_X

ID = "x-request-id"


@pytest.mark.parametrize("given", ["a", "req-1_2.3:4", "0" * 128])
def test_a_sane_request_id_is_echoed(edge: Edge, given: str) -> None:
    assert fetch(edge, "/health", **{ID: given}).headers[ID] == given
    assert fetch(edge, "/nowhere", **{ID: given}).headers[ID] == given
    assert fetch(edge, "/v1/models", **{ID: given}).headers[ID] == given


@pytest.mark.parametrize(
    "given", [None, "", " ", "a b", "a<b", "a\nb", "0" * 129, "żółw".encode().decode("latin-1"), "a/b"]
)
def test_any_other_request_id_is_replaced(edge: Edge, given: str | None) -> None:
    headers = {} if given is None else {ID: given}

    answers = [fetch(edge, "/health", **headers).headers[ID] for _ in range(2)]

    assert all(len(answer) == 32 and answer.isalnum() for answer in answers)
    assert answers[0] != answers[1]


def test_two_clients_of_one_id_do_not_meet_at_the_server_behind(edge: Edge, behind: RecordingApp) -> None:
    body = {"model": "base", "messages": HELLO}

    answers = [ask(edge, body, key=KEY_X, headers=JSON | {ID: "mine"}) for _ in range(2)]

    first, second = (asked.all_of(ID) for asked in behind.asked)
    assert [answer.headers[ID] for answer in answers] == ["mine", "mine"]
    assert len(first) == len(second) == 1
    assert first != second
    assert first[0].startswith("mine-") and second[0].startswith("mine-")


@pytest.mark.parametrize("header", sorted(name.decode() for name in STEERING))
def test_a_header_that_chooses_a_place_or_an_engine_goes_no_further(
    edge: Edge, local_edge: Edge, behind: RecordingApp, header: str
) -> None:
    given = JSON | {header: "0", "x-other": "stays"}

    ask(edge, {"model": "base"}, key=KEY_X, headers=given)
    ask(local_edge, {"model": "base"}, headers=given)

    assert [asked.all_of(header) for asked in behind.asked] == [[], []]
    assert [asked.all_of("x-other") for asked in behind.asked] == [["stays"]] * 2


def test_the_headers_that_steer_a_server_behind_are_these() -> None:
    assert set(STEERING) == {
        b"x-data-parallel-rank",
        b"x-vllm-priority",
        b"x-session-id",
        b"x-user-id",
        b"x-tenant-id",
    }
