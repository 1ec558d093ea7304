"""A docker or podman command line for tests: it writes down its calls and answers by rules."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = """#!{python} -S
import json, os, pathlib, re, sys

folder = pathlib.Path({folder!r})
words = sys.argv[1:]
call = dict(words=words, environment=dict(os.environ), files=dict())
for word in words:
    path = pathlib.Path(word.partition("=")[2] if word.startswith("--env-file=") else word)
    if path.is_file():
        call["files"][word.partition("=")[0]] = path.read_text()
        call["mode"] = oct(path.stat().st_mode & 0o777)
config = pathlib.Path(os.environ.get("DOCKER_CONFIG", "/nowhere"), "config.json")
if config.is_file():
    call["config"] = json.loads(config.read_text())
with (folder / "calls").open("a") as file:
    file.write(json.dumps(call) + "\\n")
for number, rule in enumerate(json.loads((folder / "rules").read_text())):
    if re.search(rule["words"], " ".join(words)):
        for name, text in rule["writes"].items():
            pathlib.Path(words[words.index(name) + 1]).write_text(text)
        counted = folder / ("rule-" + str(number))
        times = int(counted.read_text()) if counted.exists() else 0
        counted.write_text(str(times + 1))
        code = rule["codes"][min(times, len(rule["codes"]) - 1)]
        sys.stdout.write(rule["out"])
        sys.stderr.write(rule["err"])
        sys.exit(code)
sys.stderr.write("unexpected: " + " ".join(words))
sys.exit(125)
"""


@dataclass(frozen=True)
class Call:
    """One call of the program."""

    words: list[str]
    environment: dict[str, str]
    files: dict[str, str]
    """Content of the files that its arguments name, by argument."""
    mode: str
    config: dict[str, Any]
    """``config.json`` of DOCKER_CONFIG."""

    @property
    def line(self) -> str:
        return " ".join(self.words)


class FakeEngine:
    """Put ``bin`` on PATH. Rules are tried in their order."""

    def __init__(self, folder: Path, name: str) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True, exist_ok=True)
        self._folder = folder / f"{name}-calls"
        self._folder.mkdir()
        self._rules: list[dict[str, Any]] = []
        program = self.bin / name
        program.write_text(SCRIPT.format(python=sys.executable, folder=str(self._folder)))
        program.chmod(0o755)
        self._write()

    def answer(
        self,
        words: str,
        out: str = "",
        *,
        err: str = "",
        codes: tuple[int, ...] = (0,),
        writes: dict[str, str] | None = None,
    ) -> None:
        """Answer calls whose arguments match. ``codes`` are exit codes of one call after the
        other (the last stays); ``writes``: text for the file that an option names."""
        rule = {"words": words, "out": out, "err": err, "codes": codes, "writes": writes or {}}
        self._rules.append(rule)
        self._write()

    @property
    def calls(self) -> list[Call]:
        path = self._folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        return [
            Call(one["words"], one["environment"], one["files"], one.get("mode", ""),
                 one.get("config", {}))
            for one in found
        ]  # fmt: skip

    def called(self, words: str) -> list[Call]:
        """The calls whose arguments begin so."""
        return [call for call in self.calls if call.line.startswith(words)]

    @property
    def path(self) -> str:
        """A PATH on which there is no other engine."""
        return f"{self.bin}{os.pathsep}/nowhere"

    def _write(self) -> None:
        (self._folder / "rules").write_text(json.dumps(self._rules))
