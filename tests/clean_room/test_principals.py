from pathlib import Path

import pytest

from clean_room import CleanRoom
from clean_room.principals import SHIPPED, read_principals
from schemas.errors import InputInvalid
from tests.clean_room.worlds import clean_room_over, exposures, request

NOT_AUTHORISED = {"status": "refused", "code": "NOT_AUTHORISED"}
AGENCY = """
[agency]
brand = "brand_x"
retailers = ["retailer_b"]
[rival]
brand = "brand_y"
retailers = ["retailer_a", "retailer_b"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clean room of brand_x at both retailers; its agency may ask one of them."""
    (tmp_path / "principals.toml").write_text(AGENCY, encoding="utf-8")
    monkeypatch.setenv("CLEAN_ROOM_PRINCIPALS", str(tmp_path / "principals.toml"))
    return clean_room_over(tmp_path, exposures(150), exposures(150, retailer="retailer_b")).folder.parent


def test_a_principal_is_answered_where_it_may_ask_and_nowhere_else(folder: Path) -> None:
    agency = CleanRoom(folder, "brand_x", principal="agency")

    assert agency.query(request(retailer_id="retailer_b"))["status"] == "ok"
    assert agency.query(request(retailer_id="retailer_a")) == NOT_AUTHORISED
    assert agency.query(request(retailer_id="retailer_c")) == NOT_AUTHORISED
    assert [entry.principal for entry in agency.audit.entries()] == ["agency"] * 3


@pytest.mark.parametrize("principal", ["nobody", "Agency", "agency ", "rival", "brand_x", "../agency"])
def test_an_unknown_principal_and_one_of_another_brand_are_refused_alike(folder: Path, principal: str) -> None:
    assert CleanRoom(folder, "brand_x", principal=principal).query(request()) == NOT_AUTHORISED


def test_without_a_principal_the_brand_asks_for_itself() -> None:
    shipped = read_principals(SHIPPED)

    assert all(principal.brand == name for name, principal in shipped.items())
    assert shipped["brand_x"].retailers == ("retailer_a", "retailer_b")


@pytest.mark.parametrize(
    "text", ["[a]\nbrand = 'x'", "[a]\nbrand = '../x'\nretailers = []", "[a]\nbrand='x'\nretailers=[]\nall=true", "["]
)
def test_a_malformed_file_is_refused_and_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "principals.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputInvalid, match=r"principals\.toml' is not valid"):
        read_principals(path)


def test_a_missing_file_lets_nobody_ask(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEAN_ROOM_PRINCIPALS", str(folder / "gone.toml"))

    assert CleanRoom(folder, "brand_x").query(request()) == {"status": "refused", "code": "NOT_ANSWERABLE"}
