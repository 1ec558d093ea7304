"""Built-in tasks as the engine runs them: what their programs print goes where it belongs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

DOCKER = """#!/bin/sh
echo "called with $*"
echo "a warning of $1" >&2
echo "##vso[task.setvariable variable=told]by docker"
head -c 2000000 /dev/zero | tr '\\0' x
echo
"""


def test_docker_output_is_what_docker_printed(run: Any, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER)
    program.chmod(0o755)

    done = run(
        """
        steps:
        - checkout: none
        - task: Docker@2
          name: listed
          inputs: {command: images, arguments: -a}
        - bash: |
            cut -c 1-60 "$(listed.DockerOutput)" | sed 's/^/> /; s/##vso/command/'
            echo "> $(told)"
        """,
        inherited={
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
        },
    )

    printed = [line for line in done.lines if line.startswith("> ")]
    assert printed[-1] == "> by docker"
    assert sorted(printed[:-1]) == [  # two streams come in no order
        "> a warning of images",
        "> called with images -a",
        "> command[task.setvariable variable=told]by docker",
        f"> {'x' * 60}",
    ]
