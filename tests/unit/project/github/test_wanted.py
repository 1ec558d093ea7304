from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.project import document
from modelyard.project.fields import Mistakes, Section
from modelyard.project.github import wanted
from modelyard.project.github.wanted import Wanted
from modelyard.project.secret_values import SecretReference

FILE = """\
github:
  repository: wines/wine
  variables: {host: a, RETRIES: 3}
  secrets: {token: env:TOKEN}
  environments:
    - name: production
      reviewers: ['@Wines/Leads', octocat]
      preventSelfReview: true
      branches: [release/*, main]
  branches:
    - {name: main, approvals: 0, administrators: false}
"""


def read(folder: Path, text: str) -> Wanted:
    path = folder / "modelyard.yml"
    path.write_text(text, encoding="utf-8")
    mistakes = Mistakes()
    root = Section(document.read(path), "", ("github",), mistakes)
    section = root.section("github", wanted.KEYS)
    assert section is not None
    found = wanted.read(section)
    mistakes.check()
    return found


def test_only_what_the_file_names_is_wanted(tmp_path: Path) -> None:
    found = read(tmp_path, FILE)

    assert found.settings.variables == {"HOST": "a", "RETRIES": "3"}
    assert found.settings.secrets == {"TOKEN": SecretReference("env:TOKEN")}
    assert found.environments[0].rules == {
        "reviewers": ("octocat", "wines/leads"),
        "prevent-self-review": True,
        "branches": ("main", "release/*"),
    }
    assert found.branches[0].rules == {"approvals": 0, "administrators": False}
    assert found.oidc_subject is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("repository: wine", "github.repository isn't OWNER/NAME"),
        ("repository: [a]", "github.repository isn't a text"),
        ("variables: {GITHUB_X: 1}", "github.variables has GITHUB_X: GitHub takes letters"),
        ("variables: {a-b: 1}", "github.variables has a-b: GitHub takes letters"),
        ("variables: {a: 1, A: 2}", "has A twice: GitHub knows no small letters"),
        ("secrets: {TOKEN: ghp_0123456789}", "holds a value in place of a reference"),
        ("environments: [{reviewers: [a]}]", r"github.environments\[0\].name is missing"),
        (
            "environments: [{name: a}, {name: A}]",
            r"github.environments\[1\].name is A, as that of github.environments\[0\] is",
        ),
        ("environments: [{name: a, branches: []}]", "is empty, so nothing could deploy"),
        ("environments: [{name: a, branches: [All]}]", "has All: write all"),
        ("environments: [{name: a, reviewers: [b/c/d]}]", "write USER or ORGANIZATION/TEAM"),
        ("environments: [{name: a, reviewers: [b, B]}]", "reviewers has B twice"),
        ("environments: [{name: a, wait-minutes: 43201}]", "is 43201, not 0 to 43200"),
        ("environments: [{name: a, reviewers: [a, b, c, d, e, f, g]}]", "GitHub takes 6"),
        ("environments: [{name: a, prevent-self-review: true}]", "needs reviewers"),
        ("environments: [{name: a, branches: [all, main]}]", "has all beside others"),
        ("environments: [{name: a, reviewer: b}]", "did you mean reviewers?"),
        ("branches: [{name: main, approvals: 7}]", "is 7, not 0 to 6"),
        ("branches: [{name: main, up-to-date: true}]", "up-to-date needs checks"),
        ("branches: [{name: main, checks: [], up-to-date: true}]", "up-to-date needs checks"),
        ("branches: [{name: main}, {name: main}]", r"is main, as that of github.branches\[0\] is"),
        ("branches: [{name: release/*}]", "a pattern: name one branch"),
        ("oidc-subject: []", "is empty: write default for the usual one"),
        ("oidc-subject: [default, repo]", "has default beside others"),
        ("oidc-subject: [Repo]", "has Repo: claims have small letters"),
        ("workflows: [{starter: train}]", "github.workflows needs github.modelyard"),
        (
            "workflows: [{starter: train, with: {treshold: '1'}}]",
            "with.treshold isn't an input of the workflow.*mean threshold",
        ),
        ("workflows: [{starter: trian}]", "not one of train, train-and-deploy.*mean train"),
        ("modelyard: octo/modelyard", "github.modelyard isn't OWNER/NAME@VERSION"),
        ("api-url: http://github.example.com/api/v3", "isn't https"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(tmp_path: Path, line: str, message: str) -> None:
    text = f"github:\n  {line}\n"
    if not line.startswith("repository"):
        text += "  repository: wines/wine\n"

    with pytest.raises(FileError, match=message) as caught:
        read(tmp_path, text)
    assert caught.value.line == 2
    assert "ghp_" not in caught.value.what
