"""What can be wrong with the command is said before the work."""

from pathlib import Path

import pytest

from adapters.evaluation.__main__ import main, require_writable
from schemas.errors import DataMissing, InputInvalid


def test_a_missing_base_is_named_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"python -m serving\.base_model"):
        main(["run", "--quick", "--base", str(tmp_path / "none")])


@pytest.mark.parametrize("out", ["results.txt", "taken.json"])
def test_results_that_could_not_be_written_are_refused(out: str, tmp_path: Path) -> None:
    (tmp_path / "taken.json").mkdir()

    with pytest.raises(InputInvalid, match=out):
        require_writable(tmp_path / out)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InputInvalid, match="another --out"):
        require_writable(tmp_path / "file" / "results.json")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run"], "--quick --full"),
        (["run", "--quick", "--full"], "not allowed with"),
        (["run", "--full", "--seeds", "0,x"], "'0,x'"),
        (["run", "--full", "--examples", "0"], "'0'"),
    ],
)
def test_a_wrong_option_is_one_line(arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert reason in said
    assert said.count("\n") == 1
