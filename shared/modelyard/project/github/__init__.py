"""GitHub: what ``modelyard setup github`` compares and changes in a repository.

PyGithub makes the calls that it can; :mod:`.connection` has the session for the others
(docs/decisions/0060). Reading comes first, whole: a plan is made by ``GET`` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from modelyard.project.fields import Section
from modelyard.project.github import (
    connection,
    environments,
    protection,
    settings,
    subject,
    wanted,
    workflows,
)
from modelyard.project.github.connection import Connection
from modelyard.project.github.wanted import Wanted
from modelyard.project.plan import Change, Link, Plan
from modelyard.project.surroundings import Surroundings
from modelyard.project.tenant import Federation

KEYS = wanted.KEYS


def plan(section: Section, surroundings: Surroundings) -> Plan:
    """What is to be done in the repository. Reads only.

    :raises ModelyardError:
    """
    asked = wanted.read(section)
    section.mistakes.check()
    connected = connection.connect(asked.repository, asked.api_url, surroundings)
    warnings = list(connected.warnings)
    starters = workflows.Starters(connected, asked)
    with connection.refusals(connected.repository_url):
        changes = [
            *settings.changes(settings.of_repository(connected), asked.settings, surroundings),
            *_of_environments(connected, asked, surroundings),
            *subject.changes(connected, asked),
            *starters.changes(),
            *protection.changes(connected, asked, warnings),
        ]
        federations = _federations(connected, asked, surroundings, warnings)
    changes += _in_the_tenant(surroundings, federations)
    return Plan(
        f"GitHub, {connected.html_url}",
        tuple(connection.guarded(one, connected.repository_url) for one in changes),
        lambda: _links(connected, asked, starters),
        tuple(warnings),
        lambda: federations,
        connected.gate.open,
    )


def _of_environments(
    connected: Connection, asked: Wanted, surroundings: Surroundings
) -> Iterator[Change]:
    there = environments.names(connected) if asked.environments else {}
    for one in asked.environments:
        is_there = one.name.lower() in there
        # Names have no case here: the one that is there is asked for as it is spelt.
        named = replace(one, name=there.get(one.name.lower(), one.name))
        yield environments.change_of(connected, named, is_there)
        place = settings.of_environment(connected, named.name, is_there=is_there)
        yield from settings.changes(place, one.settings, surroundings)


def _federations(
    connected: Connection, asked: Wanted, surroundings: Surroundings, warnings: list[str]
) -> list[Federation]:
    """Whom Azure has to trust; none where that isn't asked for, or can't be told."""
    if surroundings.tenant is None:
        return []
    made_of = subject.subjects(connected, asked, warnings)
    if made_of is None:
        return []
    if unknown := subject.unknown(made_of.claims):
        surroundings.write(
            f"the OIDC subject has {', '.join(unknown)}, which differs from workflow to workflow: "
            "no federated credential is made for it"
        )
        return []
    audience = surroundings.cloud.exchange_audience
    return list(subject.federations(connected, asked, made_of, audience))


def _in_the_tenant(surroundings: Surroundings, federations: list[Federation]) -> Iterator[Change]:
    az = surroundings.az
    if az is None:
        return
    yield from az.application_changes()
    for one in federations:
        yield az.federation_change(one.name, partial(_same, one))


def _same(one: Federation) -> Federation:
    return one


def _links(connected: Connection, asked: Wanted, starters: workflows.Starters) -> Iterable[Link]:
    home = connected.html_url
    yield Link("repository", home)
    yield Link("secrets and variables", f"{home}/settings/secrets/actions")
    if asked.environments:
        yield Link("environments", f"{home}/settings/environments")
    if asked.branches:
        yield Link("branch protection", f"{home}/settings/branches")
    yield Link("workflow runs", f"{home}/actions")
    if starters.pull_url:
        yield Link("pull request with the workflows", starters.pull_url)
