from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.local.cloud.aml.v1.pipelines import start_script

SDK = """
class Tracked:
    def flush(self):
        print("flushed")

class _SubmittedRun:
    __instances = {"one": Tracked()}
"""
SCRIPT = """
import sys
import beside
if {tracks}:
    import azureml.core.run
print(__name__, beside.NAME, sys.argv)
sys.exit({code})
"""


@pytest.mark.parametrize(("tracks", "code"), [(False, 0), (True, 0), (True, 3)])
def test_a_script_runs_as_itself_and_what_it_logged_is_sent(
    tmp_path: Path, tracks: bool, code: int
) -> None:
    (tmp_path / "azureml" / "core").mkdir(parents=True)
    (tmp_path / "azureml" / "core" / "run.py").write_text(SDK)
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "beside.py").write_text("NAME = 'beside'\n")
    (folder / "train.py").write_text(SCRIPT.format(tracks=tracks, code=code))
    done = subprocess.run(
        [sys.executable, start_script.__file__, "steps/train.py", "--rate", "1"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    printed = "__main__ beside ['steps/train.py', '--rate', '1']\n"
    assert done.stdout == printed + ("flushed\n" if tracks else "")
