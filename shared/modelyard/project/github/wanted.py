"""The section ``github`` of ``modelyard.yml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.project import shapes
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
_REVIEWER = re.compile(r"[\w-]+(/[\w.-]+)?", re.ASCII)
_CLAIM = re.compile(r"[a-z_]+")


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
    workflows = tuple(
        _workflow(one) for one in section.sections("workflows", WORKFLOW, once="starter")
    )
    environments = tuple(
        _environment(one) for one in section.sections("environments", ENVIRONMENT, once="name")
    )
    modelyard = section.text("modelyard")
    name, _, ref = modelyard.partition("@")
    if modelyard and not (_REPOSITORY.fullmatch(name) and re.fullmatch(r"[\w./-]+", ref)):
        section.wrong("modelyard", "isn't OWNER/NAME@VERSION")
    if workflows and not modelyard:
        section.wrong("workflows", "needs github.modelyard: OWNER/modelyard@v1, where they call it")
    branches = tuple(
        _branch(one) for one in section.sections("branches", BRANCH, once="name", any_case=False)
    )
    return Wanted(
        repository,
        shapes.address(section, "api-url"),
        _settings(section),
        environments,
        branches,
        workflows,
        modelyard,
        _subject(section),
    )


def _subject(section: Section) -> tuple[str, ...] | None:
    if not section.has("oidc-subject"):
        return None
    claims = section.texts("oidc-subject", once=True)
    if not section.items("oidc-subject"):
        section.wrong("oidc-subject", f"is empty: write {DEFAULT_SUBJECT} for the usual one")
    if DEFAULT_SUBJECT in claims and len(claims) > 1:
        section.wrong("oidc-subject", f"has {DEFAULT_SUBJECT} beside others")
    for one in claims:
        if not _CLAIM.fullmatch(one):
            section.wrong("oidc-subject", f"has {one}: claims have small letters and _ alone")
    return claims


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
        reviewers = {one.removeprefix("@").lower() for one in section.texts("reviewers", once=True)}
        for one in sorted(reviewers):
            if not _REVIEWER.fullmatch(one):
                section.wrong("reviewers", f"has {one}: write USER or ORGANIZATION/TEAM")
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
        _check_branches(section, rules["branches"])
    return Environment(section.text("name", required=True), rules, _settings(section))


def _check_branches(section: Section, names: tuple[str, ...]) -> None:
    if not section.items("branches"):
        section.wrong("branches", f"is empty, so nothing could deploy: write {ALL} for all")
    for one in names:
        word = one.lower()
        if word in (ALL, PROTECTED) and one != word:
            section.wrong("branches", f"has {one}: write {word}")
        elif word in (ALL, PROTECTED) and len(names) > 1:
            section.wrong("branches", f"has {one} beside others")


def _branch(section: Section) -> Branch:
    rules: dict[str, Any] = {}
    if section.has("approvals"):
        rules["approvals"] = section.number("approvals", 0, most=6)
    if section.has("checks"):
        rules["checks"] = tuple(sorted(set(section.texts("checks"))))
    rules |= {key: section.flag(key, False) for key in FLAGS if section.has(key)}
    if "up-to-date" in rules and not rules.get("checks"):
        section.wrong("up-to-date", "needs checks: it says when those count")
    return Branch(shapes.branch(section, "name", required=True), rules)


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
