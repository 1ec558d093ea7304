"""The section ``github`` of ``modelyard.yml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.project.fields import Section
from modelyard.project.github import starters
from modelyard.project.secret_values import SecretReference
from modelyard.reading import nearest

SETTINGS = ("variables", "secrets")
KEYS = (
    *("repository", "api-url", *SETTINGS, "environments", "branches"),
    *("modelyard", "workflows", "oidc-subject"),
)
ENVIRONMENT = ("name", "reviewers", "prevent-self-review", "wait-minutes", "branches", *SETTINGS)
FLAGS = (
    *("code-owners", "dismiss-stale-reviews", "last-push-approval", "up-to-date"),
    *("administrators", "resolved-conversations", "linear-history"),
    *("force-pushes", "deletions"),
)
BRANCH = ("name", "approvals", "checks", *FLAGS)
WORKFLOW = ("starter", "with")
API = "https://api.github.com"
LONGEST_WAIT = 43_200
"""Minutes: 30 days."""
MOST_REVIEWERS = 6
DEFAULT_SUBJECT = "default"
ALL, PROTECTED = "all", "protected"
"""What ``branches`` of an environment may be beside a list of patterns."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """Variables and secrets of a repository or an environment; names in upper case."""

    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, SecretReference] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """One environment.

    :ivar rules: of ``reviewers`` (``user`` or ``organization/team``, in lower case, sorted),
        ``prevent-self-review``, ``wait-minutes`` and ``branches`` those that the file names.
    """

    name: str
    rules: Mapping[str, Any]
    settings: Settings


@dataclass(frozen=True)
class Branch:
    """Protection of a branch: of the keys of a branch those that the file names."""

    name: str
    rules: Mapping[str, Any]


@dataclass(frozen=True)
class Workflow:
    """A workflow file made of a starter."""

    starter: str
    inputs: Mapping[str, str]

    @property
    def path(self) -> str:
        return f".github/workflows/{self.starter}.yml"


@dataclass(frozen=True)
class Wanted:
    """The whole section."""

    repository: str
    api_url: str
    """Empty: that of the environment, or GitHub's own."""
    settings: Settings
    environments: tuple[Environment, ...]
    branches: tuple[Branch, ...]
    workflows: tuple[Workflow, ...]
    modelyard: str
    """``OWNER/NAME@REF`` that the workflows take Modelyard from."""
    oidc_subject: tuple[str, ...] | None
    """Claim keys; ``("default",)``; None where the file leaves it alone."""


def read(section: Section) -> Wanted:
    """The section; mistakes are added to it."""
    repository = section.text("repository", required=True)
    if repository and not _REPOSITORY.fullmatch(repository):
        section.wrong("repository", "isn't OWNER/NAME")
    workflows = tuple(_workflow(one) for one in section.sections("workflows", WORKFLOW))
    modelyard = section.text("modelyard")
    name, _, ref = modelyard.partition("@")
    if modelyard and not (_REPOSITORY.fullmatch(name) and re.fullmatch(r"[\w./-]+", ref)):
        section.wrong("modelyard", "isn't OWNER/NAME@VERSION")
    if workflows and not modelyard:
        section.wrong("workflows", "needs github.modelyard: OWNER/modelyard@v1, where they call it")
    environments = tuple(_environment(one) for one in section.sections("environments", ENVIRONMENT))
    branches = tuple(_branch(one) for one in section.sections("branches", BRANCH))
    for key, names in (
        ("environments", [one.name.lower() for one in environments]),
        ("branches", [one.name for one in branches]),
        ("workflows", [one.starter for one in workflows]),
    ):
        for twice in sorted({name for name in names if name and names.count(name) > 1}):
            section.wrong(key, f"has {twice} twice")
    subject = section.texts("oidc-subject") if section.has("oidc-subject") else None
    return Wanted(
        repository,
        _api_url(section),
        _settings(section),
        environments,
        branches,
        workflows,
        modelyard,
        subject,
    )


def _api_url(section: Section) -> str:
    url = section.text("api-url").rstrip("/")
    if url and not is_safe(url):
        section.wrong("api-url", "isn't https: the token would be readable on its way")
    return url


def is_safe(url: str) -> bool:
    """Whether a token may be sent there: encrypted, or to this machine itself."""
    return re.match(r"https://[^/]|http://(127\.0\.0\.1|localhost)[:/]", url) is not None


def _settings(section: Section) -> Settings:
    variables, secrets = section.plain_values("variables"), section.secrets("secrets")
    for key, names in (("variables", variables), ("secrets", secrets)):
        _check_names(section, key, names)
    return Settings(
        {name.upper(): value for name, value in variables.items()},
        {name.upper(): value for name, value in secrets.items()},
    )


def _check_names(section: Section, key: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not _NAME.fullmatch(name) or name.upper().startswith("GITHUB_"):
            section.wrong(
                key, f"has {name}: GitHub takes letters, digits and _, and no GITHUB_ at the start"
            )
        if name.upper() in seen:
            section.wrong(key, f"has {name} twice: GitHub knows no small letters in names")
        seen.add(name.upper())


def _environment(section: Section) -> Environment:
    rules: dict[str, Any] = {}
    if section.has("reviewers"):
        reviewers = {one.lstrip("@").lower() for one in section.texts("reviewers")}
        if len(reviewers) > MOST_REVIEWERS:
            section.wrong("reviewers", f"has {len(reviewers)}: GitHub takes {MOST_REVIEWERS}")
        rules["reviewers"] = tuple(sorted(reviewers))
    if section.has("prevent-self-review"):
        rules["prevent-self-review"] = section.flag("prevent-self-review", False)
        if rules["prevent-self-review"] and not rules.get("reviewers"):
            section.wrong("prevent-self-review", "needs reviewers: GitHub keeps it with them")
    if section.has("wait-minutes"):
        rules["wait-minutes"] = section.number("wait-minutes", 0, most=LONGEST_WAIT)
    if section.has("branches"):
        rules["branches"] = tuple(sorted(set(section.texts("branches"))))
        words = {ALL, PROTECTED} & {*rules["branches"]}
        if words and len(rules["branches"]) > 1:
            section.wrong("branches", f"has {' and '.join(sorted(words))} beside others")
    return Environment(section.text("name", required=True), rules, _settings(section))


def _branch(section: Section) -> Branch:
    rules: dict[str, Any] = {}
    if section.has("approvals"):
        rules["approvals"] = section.number("approvals", 0, most=6)
    if section.has("checks"):
        rules["checks"] = tuple(sorted(set(section.texts("checks"))))
    rules |= {key: section.flag(key, False) for key in FLAGS if section.has(key)}
    if "up-to-date" in rules and "checks" not in rules:
        section.wrong("up-to-date", "needs checks: it says when those count")
    return Branch(section.text("name", required=True), rules)


def _workflow(section: Section) -> Workflow:
    name = section.text("starter", required=True)
    known = starters.names()
    if name and name not in known:
        section.wrong("starter", f"is {name}, not one of {', '.join(known)}{nearest(name, known)}")
    given = section.plain_values("with")
    if name in known:
        inputs = starters.inputs(name)
        for one, value in section.entries("with"):
            if one not in inputs:
                told = f"{section.named('with')}.{one} isn't an input of the workflow"
                section.mistakes.add(value, f"{told}{nearest(one, inputs)}")
    return Workflow(name, given)
