"""10,000 secrets of every shape, and what a reader gets to see of them: nothing over 3 characters.

Each goes the way of a secret of a key vault: masked as the operation does it, on Azure Pipelines
and on GitHub. Then a careless step prints it, its lines and what its JSON holds, in every form that
programs give a text; and our own log, errors, traces and summaries hold it. The agent knows what it
was told by commands, and replaces that in each line; it does nothing else here.
"""

from __future__ import annotations

import base64
import html
import json
import random
import re
import shlex
import string
import traceback
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelyard.azure.key_vault import Attributes, Secret
from modelyard.azure.key_vault.names import Reference
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.github_actions import GitHubActions
from modelyard.context import Context
from modelyard.local.runner import logging_commands
from modelyard.masking import LONGEST_BROKEN
from modelyard.operations.keyvault_secrets import OPERATION
from modelyard.operations.vaults.fetching import Fetched
from modelyard.operations.vaults.masks import mask
from modelyard.operations.vaults.wanted import Wanted

EACH = 1000
"""How many secrets of each of the ten shapes."""
LETTERS = string.ascii_letters + string.digits
PUNCTUATION = string.punctuation + " "
WIDE = "äöüßéñçøλжшмэ中文字漢🔑"
SHOWING = {"task.logissue", "task.debug", "error", "debug"}
"""Commands with a text that a reader gets to see."""
AGENTS_LINE = re.compile(r"\r\n|\r|\n")


def _of(alphabet: str, source: random.Random, least: int = 8, most: int = 40) -> str:
    return "".join(source.choices(alphabet, k=source.randint(least, most)))


def _lines(alphabet: str, source: random.Random, end: str) -> str:
    lines = [_of(alphabet, source, 0, 70) for _ in range(source.randint(2, 6))]
    return end.join([*lines, *([""] if source.random() < 0.5 else [])])


def _document(source: random.Random) -> str:
    value = {
        _of(LETTERS, source, 4, 8): _of(LETTERS + PUNCTUATION + WIDE, source),
        "list": [_of(LETTERS, source), source.random() < 0.5, None],
        "inside": {"key": _lines(LETTERS + PUNCTUATION, source, "\n")},
    }
    return json.dumps(value, indent=source.choice((None, 2)), ensure_ascii=source.random() < 0.5)


def _key_file(source: random.Random) -> str:
    body = base64.encodebytes(source.randbytes(source.randint(48, 250))).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n"


SHAPES: dict[str, Callable[[random.Random], str]] = {
    "a word": lambda source: _of(LETTERS, source),
    "punctuation": lambda source: _of(LETTERS + PUNCTUATION, source),
    "percent signs": lambda source: _of("%0AaDd25;3B]:,AZP", source),
    "blanks": lambda source: f"  {_of(LETTERS + '    ', source)}\t ",
    "letters of the world": lambda source: _of(LETTERS + WIDE, source),
    "like base64": lambda source: base64.b64encode(source.randbytes(30)).decode(),
    "JSON": _document,
    "several lines": lambda source: _lines(
        LETTERS + PUNCTUATION, source, source.choice(("\n", "\r\n", "\r"))
    ),
    "a key file": _key_file,
    "line ends that few know": lambda source: "".join(
        _of(LETTERS + WIDE + "\\'\"&<>`", source, 1, 12) + source.choice("\n\x0b\x0c\x85\u2028\t")
        for _ in range(source.randint(3, 8))
    ),
}


@dataclass(frozen=True)
class Leak:
    """A form that a text can leave in, and what stands around it."""

    core: str
    before: str = ""
    after: str = ""
    window: int = 4
    """So many characters of the form hold over 3 of the text."""

    @property
    def text(self) -> str:
        return self.before + self.core + self.after


def leaks(text: str, secret: str) -> Iterator[Leak]:
    """What careless programs print of a secret, or of a text in it."""
    yield Leak(text)
    yield Leak(repr(text)[1:-1], "ValueError: '", "'")
    yield Leak(ascii(text)[1:-1], "ValueError: '", "'")
    yield Leak(repr(text.encode())[2:-1], "b'", "'")
    for ascii_only in (True, False):
        yield Leak(json.dumps(text, ensure_ascii=ascii_only)[1:-1], '{"value": "', '"}')
    go = json.dumps(text, ensure_ascii=False)[1:-1]
    yield Leak(re.sub("[<>&]", lambda one: f"\\u{ord(one[0]):04x}", go), '"', '"')
    yield Leak(urllib.parse.quote_plus(text), "value=", "&x=y")
    yield Leak(urllib.parse.quote(text, safe=""), "https://host/", "/x")
    if not AGENTS_LINE.search(text):  # else its lines come one by one
        yield Leak(html.escape(text), "<p>", "</p>")
        yield Leak(text.replace("'", "'\\''"), "+ curl -H '", "'")
        yield Leak(shlex.quote(text).strip("'"), "'", "'")
    yield Leak(text.encode().hex(), window=8)
    yield Leak(base64.b64encode(text.encode()).decode(), window=6)
    yield Leak(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="), window=6)
    yield Leak(base64.encodebytes(text.encode()).decode(), window=6)
    for user in ("u:", "us:", "user:"):
        whole = base64.b64encode(f"{user}{text}".encode()).decode()
        held = (len(user) + 2) // 3 * 4  # the groups that the name is in, too
        yield Leak(whole[held:], whole[:held], window=6)
        if len(secret.encode()) <= LONGEST_BROKEN:
            broken = base64.encodebytes(f"{user}{text}".encode()).decode()
            yield Leak(broken[held:], broken[:held], window=6)


def windows(text: str, size: int) -> set[str]:
    """Every stretch of so many characters of the lines of a text."""
    return {
        line[at : at + size]
        for line in (one.strip() for one in AGENTS_LINE.split(text))
        for at in range(len(line) - size + 1)
    }


@dataclass(frozen=True)
class Agent:
    """An agent: what it was told to mask, and what it shows."""

    ci: Any
    commands: Callable[[str], tuple[str, str] | None]
    """Name and data of the command that a line is."""
    folder: Path
    masks: list[str]

    def learn(self, output: str) -> None:
        for line in output.split("\n"):
            name, data = self.commands(line) or ("", "")
            if name in ("task.setsecret", "add-mask"):
                assert not AGENTS_LINE.search(data)
                self.masks.append(data)

    def log(self, output: str) -> str:
        """What a reader gets of an output: commands are obeyed, and those with a text show it."""
        shown = []
        for line in output.split("\n"):
            found = self.commands(line)
            if found is None:
                shown.append(line)
            elif found[0] in SHOWING:
                shown.append(found[1])
        return "\n".join(self.masked(one) for line in shown for one in AGENTS_LINE.split(line))

    def masked(self, line: str) -> str:
        covered = [False] * len(line)
        for one in self.masks:
            start = line.find(one)
            while start >= 0:
                covered[start : start + len(one)] = [True] * len(one)
                start = line.find(one, start + 1)
        marked = "".join("\0" if hidden else one for one, hidden in zip(line, covered, strict=True))
        return re.sub("\0+", "***", marked)


def azure(folder: Path) -> Agent:
    def command(line: str) -> tuple[str, str] | None:
        found = logging_commands.parse(line)
        return None if found is None else (found.name, found.data)

    return Agent(AzurePipelines({"AGENT_TEMPDIRECTORY": str(folder)}), command, folder, [])


def github(folder: Path) -> Agent:
    def command(line: str) -> tuple[str, str] | None:
        found = re.match(r"::([\w-]+)[^:]*::(.*)$", line, re.DOTALL)
        if found is None:
            return None
        data = found[2].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        return found[1], data

    files = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    return Agent(GitHubActions(files), command, folder, [])


def texts_of(secret: str, source: random.Random) -> list[str]:
    """The whole, one of its lines, and what its JSON holds."""
    whole = [secret]
    if secret.startswith("{") and '"inside"' in secret:
        document = json.loads(secret)
        first = next(iter(document.values()))
        whole += [first, document["list"][0], document["inside"]["key"]]
    lines = [line for one in whole for line in AGENTS_LINE.split(one)]
    chosen = [*whole, source.choice(lines)]
    return [one for one in dict.fromkeys(chosen) if len(one.strip()) >= 4]


def assert_hidden(leak: Leak, shown: str) -> None:
    around = windows(f"{leak.before}***{leak.after}", leak.window)
    hidden = {one for one in windows(leak.core, leak.window) if "**" not in one} - around
    assert not hidden & windows(shown, leak.window), (leak, shown)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_part_of_a_secret_is_shown(
    shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = random.Random(shape)  # noqa: S311 - the same ones each time
    for _ in range(EACH):
        secret = SHAPES[shape](source)
        told = []
        for platform in (azure, github):
            agent = platform(tmp_path)
            context = Context(OPERATION, agent.ci)
            mask(
                [Fetched(Wanted(Reference("wine", "a")), Secret(Attributes("a"), secret))], context
            )
            agent.learn(capsys.readouterr().out)
            _assert_ours(secret, agent, capsys)
            told.append(agent.masks)
        assert set(told[0]) == set(told[1])  # so what one hides the other does
        for text in texts_of(secret, source):
            for leak in leaks(text, secret):
                printed = "\n".join(map(agent.masked, AGENTS_LINE.split(leak.text)))
                assert_hidden(leak, printed)


def _assert_ours(secret: str, agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    """Our log, an error, a trace and the job's summary."""
    try:
        raise ValueError(secret)
    except ValueError as error:
        trace = traceback.format_exception(error)
    agent.ci.write(f"log: {secret}")
    agent.ci.annotate("error", f"error: {secret}")
    for line in trace:
        agent.ci.debug(line.rstrip())
    agent.ci.summary(f"summary: {secret}")
    shown = agent.log(capsys.readouterr().out)
    for path in agent.folder.iterdir():
        shown += "\n" + path.read_text("utf-8")
        path.unlink()
    names = "\n".join(["log: ", "error: ", "summary: ", *trace[:-1], "ValueError: "])
    around = windows(names, 4) | windows(names.replace(secret, ""), 4)
    hidden = {one for one in windows(secret, 4) if "**" not in one} - around
    assert not hidden & windows(shown, 4), (secret, shown)


def test_the_count() -> None:
    assert EACH * len(SHAPES) == 10_000
