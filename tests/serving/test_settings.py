"""Options over variables over the settings file, and an error that names which of them is wrong."""

from pathlib import Path

import pytest

from schemas.errors import InputInvalid
from serving.settings import FILE_VARIABLE, ServingSettings, as_environment, read_settings


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ServingSettings.model_fields, "settings"):
        monkeypatch.delenv(f"SERVING_{name.upper()}", raising=False)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "serving.toml"
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    return file


def test_without_anything_the_defaults_serve_this_machine_only() -> None:
    settings = read_settings()

    assert (settings.host, settings.port, settings.tenants) == ("127.0.0.1", 8000, None)


def test_an_option_comes_before_a_variable_and_a_variable_before_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('port = 1\nmax_rows = 2\nmax_waiting = 3\ncomposed = "somewhere"\n')
    monkeypatch.setenv("SERVING_PORT", "11")
    monkeypatch.setenv("SERVING_MAX_ROWS", "12")

    settings = read_settings({"port": 21, "max_waiting": None})

    assert (settings.port, settings.max_rows, settings.max_waiting) == (21, 12, 3)
    assert settings.composed == Path("somewhere")


def test_a_wrong_option_is_named_as_it_is_typed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("max_rows = 2\n")
    monkeypatch.setenv("SERVING_MAX_ROWS", "3")

    with pytest.raises(InputInvalid, match=r"^--max-rows=0: "):
        read_settings({"max_rows": 0})


def test_a_wrong_variable_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("max_rows = 2\n")
    monkeypatch.setenv("SERVING_MAX_ROWS", "many")

    with pytest.raises(InputInvalid, match=r"^SERVING_MAX_ROWS='many': "):
        read_settings()


@pytest.mark.parametrize("entry", ["max_rows = 0", 'max_rows = "x"', "maxrows = 3", "[tenants]\na = 1"])
def test_a_wrong_or_unknown_entry_is_named_with_its_file(file: Path, entry: str) -> None:
    file.write_text(entry)
    name = entry.strip("[]").partition(" ")[0].partition("]")[0]

    with pytest.raises(InputInvalid, match=rf"^{name} in .*serving\.toml="):
        read_settings()


@pytest.mark.parametrize("name", ["SERVING_PROT", "SERVING_", "SERVING_TENANT"])
def test_an_unknown_variable_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")

    with pytest.raises(InputInvalid, match=f"unknown variable {name};.*SERVING_TENANTS"):
        read_settings()


@pytest.mark.parametrize("content", [None, b"port = ", b"\xff"])
def test_a_settings_file_that_cannot_be_read_is_named(file: Path, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(InputInvalid, match=f"^{FILE_VARIABLE}='.*serving.toml' cannot be read"):
        read_settings()


def test_names_to_load_at_start_come_by_commas_and_each_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_PREWARM", " base, a+b:0.5 ,")
    names = read_settings().prewarm
    monkeypatch.setenv("SERVING_PREWARM", "base,../x")

    assert names == ("base", "a+b:0.5")
    with pytest.raises(InputInvalid, match=r"^SERVING_PREWARM="):
        read_settings()


def test_settings_that_do_not_agree_are_refused_together() -> None:
    with pytest.raises(InputInvalid, match="settings do not agree: max_loras=9"):
        read_settings({"max_loras": 9, "max_resident": 8})

    assert read_settings({"max_loras": 9}).max_loras == 9


@pytest.mark.parametrize(
    "options",
    [
        {},
        {
            "port": 9,
            "tenants": Path("t.toml"),
            "prewarm": ("base", "a+b"),
            "max_loras": 2,
            "base_sha256": "a" * 64,
            "upstream": "https://router:1",
        },
    ],
)
def test_settings_survive_the_environment(options: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings(options)

    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)

    assert read_settings() == settings


@pytest.mark.parametrize("upstream", ["router:30000", "ftp://router", "", "file:///etc"])
def test_the_router_behind_is_reached_over_http_only(upstream: str) -> None:
    with pytest.raises(InputInvalid, match=r"^--upstream="):
        read_settings({"upstream": upstream})
