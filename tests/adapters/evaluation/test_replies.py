"""Replies survive an interruption."""

from pathlib import Path

from adapters.evaluation.replies import ReplyFile


def test_replies_are_read_back_by_row(tmp_path: Path) -> None:
    file = ReplyFile(tmp_path / "replies", ["arm", "prompt"])

    file.add({3: "über\nzwei Zeilen", 0: "{}"})
    file.add({1: ""})

    assert ReplyFile(tmp_path / "replies", ["arm", "prompt"]).read() == {3: "über\nzwei Zeilen", 0: "{}", 1: ""}


def test_a_line_cut_off_by_a_killed_process_is_forgotten_and_written_over(tmp_path: Path) -> None:
    file = ReplyFile(tmp_path, "key")
    file.add({0: "whole", 1: "also"})
    file.path.write_bytes(file.path.read_bytes()[:-9])

    assert file.read() == {0: "whole"}
    file.add({1: "again"})
    assert file.read() == {0: "whole", 1: "again"}


def test_another_prompt_is_another_file(tmp_path: Path) -> None:
    ReplyFile(tmp_path, ["arm", "prompt"]).add({0: "reply"})

    assert ReplyFile(tmp_path, ["arm", "another prompt"]).read() == {}
