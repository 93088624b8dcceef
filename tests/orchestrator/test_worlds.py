import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.commands.worlds import main
from schemas.errors import InputInvalid


def test_the_same_brief_in_three_worlds_gives_paired_differences_with_intervals(tmp_path: Path) -> None:
    out = tmp_path / "worlds.json"
    command = [sys.executable, "-m", "orchestrator", "worlds", "--seeds", "20-22", "--out", str(out)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    metric = figures["metrics"]["realised_iroas"]
    low, high = metric["ci95"]
    assert low <= metric["difference"] <= high
    assert metric["difference"] == pytest.approx(metric["full"] - metric["clean_room"])
    assert metric["worlds_won_by_full"] + metric["worlds_won_by_clean_room"] <= figures["worlds"] == 3


@pytest.mark.parametrize("seeds", ["5", "5-6", "9-1", "a-b", ""])
def test_seeds_that_allow_no_interval_are_refused(seeds: str, tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="at least 3 seeds"):
        main(["--seeds", seeds, "--out", str(tmp_path / "worlds.json")])
