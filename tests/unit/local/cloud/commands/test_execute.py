"""Variables as statements of a shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from modelyard.local.cloud.commands.execute import environment_of, shell_text
from modelyard.local.cloud.exceptions import NotRunning

AWKWARD = 'it\'s "$HOME" `id` \\ ; #'


def test_a_shell_gets_every_value_as_it_is() -> None:
    sh = shutil.which("sh")
    assert sh is not None
    text = shell_text({"A": AWKWARD, "HOME": "/cloud"}, "sh", {})
    script = f'{text}printf \'%s|%s\' "$A" "$HOME"'
    done = subprocess.run([sh, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{AWKWARD}|/cloud"


def test_real_credentials_are_removed() -> None:
    parent = {"ARM_CLIENT_SECRET": "real", "AZURE_CLIENT_ID": "real", "PATH": "/bin"}
    text = shell_text({"AZURE_CLIENT_ID": "local"}, "sh", parent)
    assert text == "unset ARM_CLIENT_SECRET\nexport AZURE_CLIENT_ID=local\n"
    assert "real" not in text


@pytest.mark.parametrize(
    ("shell", "text"),
    [
        ("fish", "set -e ARM_X\nset -gx A 'it\\'s \\\\'\n"),
        (
            "powershell",
            "Remove-Item -ErrorAction SilentlyContinue Env:ARM_X\n$env:A = 'it''s \\'\n",
        ),
    ],
)
def test_other_shells(shell: str, text: str) -> None:
    assert shell_text({"A": "it's \\"}, shell, {"ARM_X": ""}) == text


def test_without_a_cloud_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no local cloud runs"):
        environment_of(tmp_path / "state")
