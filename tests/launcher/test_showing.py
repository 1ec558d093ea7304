"""What an installer prints is shown without commands and without passwords."""

from __future__ import annotations

import json
import subprocess

import pytest

from launcher.workplace import LAUNCHER, node


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("Looking in https://me:hidden-word@host/simple", "Looking in https://****@host/simple"),
        ("##vso[task.setvariable variable=x]y", "# #vso[task.setvariable variable=x]y"),
        ("x ##[error]y", "x # #[error]y"),
        ("::set-output name=x::y", ": :set-output name=x::y"),
        ("  ::add-mask::y", "  : :add-mask::y"),
        ("a\x1b[2Jb\x07\rc", "a[2Jbc"),
        ("plain: text, 50 %", "plain: text, 50 %"),
    ],
)
def test_it_is_disarmed(printed: str, shown: str) -> None:
    module = json.dumps(str(LAUNCHER / "platform.js"))
    program = f"JSON.stringify(require({module}).disarmed({json.dumps(printed)}))"
    out = subprocess.run([node(), "-p", program], check=True, capture_output=True, text=True)

    assert json.loads(out.stdout) == shown
