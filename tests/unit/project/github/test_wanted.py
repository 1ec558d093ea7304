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
    assert found.oidc_issuer == ""
    issuer = "https://token.actions.githubusercontent.com/contoso"
    assert read(tmp_path, f"{FILE}  oidc-issuer: {issuer}/\n").oidc_issuer == issuer


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("repository: wine", "github.repository isn't OWNER/NAME, such as contoso/wine"),
        ("repository: https://ghp_1:x@github.com/a/b", "isn't OWNER/NAME"),
        ("repository: OWNER/wine", "is OWNER/wine: put the account .* in place of OWNER"),
        ("repository: [a]", "github.repository isn't a text"),
        ("variables: {GITHUB_X: 1}", "github.variables has GITHUB_X: GitHub takes letters"),
        ("variables: {a-b: 1}", "github.variables has a-b: GitHub takes letters"),
        ("variables: {a: 1, A: 2}", "has A twice: GitHub knows no small letters"),
        ("secrets: {TOKEN: ghp_0123456789}", "holds a value in place of a reference"),
        ("environments: [{reviewers: [a]}]", r"github.environments\[0\].name is missing"),
        ("environments: [a]", r"^\S+modelyard.yml:2: github.environments\[0\] isn't a mapping$"),
        (
            "environments: [{name: a}, {name: A}]",
            r"github.environments\[1\].name is A, as that of github.environments\[0\] is",
        ),
        ("environments: [{name: a, branches: []}]", "is empty, so nothing could be deployed"),
        ("environments: [{name: a, branches: [All]}]", "is All: write all"),
        ("environments: [{name: a, reviewers: [b, B]}]", "reviewers has B twice"),
        ("environments: [{name: a, reviewers: a/b/c}]", "has a/b/c, not USER or ORGANIZATION/"),
        ("environments: [{name: a, reviewers: [a b]}]", "has a b, not USER or ORGANIZATION/TEAM"),
        ("environments: [{name: a, wait-minutes: -1}]", "is -1, not 0 to 43200"),
        ("environments: [{name: a, wait-minutes: 1.5}]", "wait-minutes isn't a whole number"),
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
        ("workflows: [{starter: train}]", "github.workflows needs github.modelyard"),
        (
            "workflows: [{starter: train, with: {treshold: '1'}}]",
            "with.treshold isn't an input of the workflow.*mean threshold",
        ),
        ("workflows: [{starter: trian}]", "not one of train, train-and-deploy.*mean train"),
        ("modelyard: octo/modelyard", "github.modelyard isn't OWNER/NAME@VERSION, such as"),
        ("modelyard: octo/modelyard@", "github.modelyard isn't OWNER/NAME@VERSION"),
        ("modelyard: OWNER/modelyard@v1", "put the account that it belongs to in place of OWNER"),
        ("oidc-subject: []", "oidc-subject is empty: write default, or a list of claims"),
        ("oidc-subject: [default, repo]", "has default: write default alone, or a list"),
        ("oidc-subject: Default", "has Default: write default alone, or a list of claims"),
        ("oidc-subject: [repo, repo]", "has repo twice"),
        ("oidc-subject: [a b]", "has a b: the name of a claim has letters, digits and _"),
        ("oidc-subject: ''", r"oidc-subject\[0\] is empty"),
        ("api-url: http://github.example.com/api/v3", "isn't https"),
        ("oidc-issuer: contoso", "oidc-issuer is contoso, not https://HOST or https://HOST/ENTER"),
        ("oidc-issuer: 'https://a/b c'", "is https://a/b c, not https://HOST or https://HOST/EN"),
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


def test_each_mistake_has_the_line_that_it_is_on(tmp_path: Path) -> None:
    text = """\
github:
  repository: wines/wine
  variables:
    A: 1
    a: 2
  environments:
    - name: staging
    - reviewers: [x]
      name: Staging
  workflows: [{starter: train, with: [a]}]
  modelyard: wines/modelyard@v1
"""
    with pytest.raises(FileError) as caught:
        read(tmp_path, text)

    told = caught.value.what.replace(f"{tmp_path}/modelyard.yml", "file").splitlines()
    assert told == [
        "3 things are wrong:",
        "  file:5: github.variables has a twice: GitHub knows no small letters in names",
        "  file:9: github.environments[1].name is Staging, as that of github.environments[0] is",
        "  file:10: github.workflows[0].with isn't a mapping",
    ]
