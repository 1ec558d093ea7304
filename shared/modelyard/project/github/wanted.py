"""The section ``github`` of ``modelyard.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.project import github_shapes, shapes
from modelyard.project.fields import Section
from modelyard.project.github import starters
from modelyard.project.secret_values import SecretReference
from modelyard.reading import nearest

SETTINGS = ("variables", "secrets")
KEYS = (
    *("repository", "api-url", *SETTINGS, "environments", "branches"),
    *("modelyard", "workflows", "oidc-subject", "oidc-issuer"),
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
    oidc_issuer: str
    """Empty: the usual one of where the interface is."""


def read(section: Section) -> Wanted:
    """The section; mistakes are added to it."""
    shape = "OWNER/NAME, such as contoso/wine"
    repository = github_shapes.repository(section, "repository", shape, required=True)
    shape = "OWNER/NAME@VERSION, such as contoso/modelyard@v1"
    modelyard = github_shapes.repository(section, "modelyard", shape, ref=r"@[\w./-]+")
    workflows = tuple(
        _workflow(one) for one in section.sections("workflows", WORKFLOW, once="starter")
    )
    environments = tuple(
        _environment(one) for one in section.sections("environments", ENVIRONMENT, once="name")
    )
    branches = tuple(
        _branch(one) for one in section.sections("branches", BRANCH, once="name", any_case=False)
    )
    if workflows and not modelyard:
        section.wrong(
            "workflows", "needs github.modelyard: contoso/modelyard@v1, where they call it"
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
        _issuer(section),
    )


def _subject(section: Section) -> tuple[str, ...] | None:
    key = "oidc-subject"
    if not section.has(key):
        return None
    claims = section.texts(key, once=True)
    usual = [one for one in claims if one.lower() == DEFAULT_SUBJECT]
    if usual and claims != (DEFAULT_SUBJECT,):
        section.wrong(key, f"has {usual[0]}: write {DEFAULT_SUBJECT} alone, or a list of claims")
    if not section.items(key):
        section.wrong(
            key, f"is empty: write {DEFAULT_SUBJECT}, or a list of claims such as [repo, context]"
        )
    for one in claims:
        if not github_shapes.CLAIM.fullmatch(one):
            section.wrong(key, f"has {one}: the name of a claim has letters, digits and _")
    return claims


def _issuer(section: Section) -> str:
    key = "oidc-issuer"
    issuer = section.text(key).rstrip("/")
    if issuer and not github_shapes.ISSUER.fullmatch(issuer):
        section.wrong(key, f"is {issuer}, not https://HOST or https://HOST/ENTERPRISE")
    return issuer


def _settings(section: Section) -> Settings:
    variables, secrets = section.plain_values("variables"), section.secrets("secrets")
    for key in SETTINGS:
        github_shapes.settings(section, key)
    return Settings(
        {name.upper(): value for name, value in variables.items()},
        {name.upper(): value for name, value in secrets.items()},
    )


def _environment(section: Section) -> Environment:
    rules: dict[str, Any] = {}
    if section.has("reviewers"):
        reviewers = {one.removeprefix("@").lower() for one in section.texts("reviewers", once=True)}
        for name in sorted(one for one in reviewers if not github_shapes.REVIEWER.fullmatch(one)):
            section.wrong("reviewers", f"has {name}, not USER or ORGANIZATION/TEAM")
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
        rules["branches"] = _patterns(section)
    return Environment(section.text("name", required=True), rules, _settings(section))


def _patterns(section: Section) -> tuple[str, ...]:
    """``branches`` of an environment."""
    found = tuple(sorted(set(section.texts("branches"))))
    words = [one for one in found if one.lower() in (ALL, PROTECTED)]
    if words and len(found) > 1:
        section.wrong("branches", f"has {' and '.join(words)} beside others")
    elif words and words[0] not in (ALL, PROTECTED):
        section.wrong("branches", f"is {words[0]}: write {words[0].lower()}")
    if not section.items("branches"):
        section.wrong(
            "branches", f"is empty, so nothing could be deployed: write {ALL}, {PROTECTED} or names"
        )
    return found


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
