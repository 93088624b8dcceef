"""What a refused request is answered."""

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from tests.vllm.contract.stubs import Served, call

JSON = {"content-type": "application/json"}


def test_a_body_that_is_not_json_by_its_header_is_400(served: Served) -> None:
    answer = call(served.app, "POST", "/tokenize", content=b"{}", headers={"content-type": "text/plain"})

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "Bad Request"
    assert "application/json" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b'{"prompt": 3}'])
def test_a_body_of_the_wrong_shape_is_400_in_vllms_envelope(served: Served, body: bytes) -> None:
    answer = call(served.app, "POST", "/tokenize", content=body, headers=JSON)

    error = answer.json()["error"]
    assert answer.status_code == error["code"] == 400
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == "Bad Request"


def test_an_unknown_model_is_404_in_vllms_envelope(served: Served) -> None:
    answer = call(served.app, "POST", "/tokenize", json={"model": "nobody", "prompt": "x"})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"], error["param"]) == (404, 404, "NotFoundError", "model")


def test_an_unknown_path_or_method_is_answered_in_fastapis_envelope(served: Served) -> None:
    assert call(served.app, "GET", "/nowhere").json() == {"detail": "Not Found"}
    assert call(served.app, "GET", "/tokenize").json() == {"detail": "Method Not Allowed"}
