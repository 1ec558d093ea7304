"""Variables and secrets, of the repository and of its environments.

GitHub never gives a secret back, not even a digest of it. So a secret that is there is kept as it
is, unless ``--renew-secrets`` sets it again (docs/decisions/0061).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard.project import kept_secrets
from modelyard.project.github.connection import Connection
from modelyard.project.github.wanted import Settings
from modelyard.project.plan import CREATE, KEEP, UPDATE, Change, Difference, change
from modelyard.project.secret_values import SecretReference
from modelyard.project.surroundings import Surroundings

if TYPE_CHECKING:
    from github.Environment import Environment
    from github.Repository import Repository


@dataclass(frozen=True)
class Place:
    """What has variables and secrets: a repository, or an environment of it."""

    get: Callable[[], Repository | Environment]
    """Asked when it is needed: an environment may have to be made first."""
    is_there: bool
    prefix: str
    """Empty, or the environment's name and a slash."""
    path: str
    """Of its variables, for the session."""
    connection: Connection


def of_repository(connection: Connection) -> Place:
    path = f"{connection.path}/actions"
    return Place(lambda: connection.repository, True, "", path, connection)


def of_environment(connection: Connection, name: str, *, is_there: bool) -> Place:
    path = connection.environment_path(name)
    get = connection.repository.get_environment
    return Place(lambda: get(name), is_there, f"{name}/", path, connection)


def changes(place: Place, wanted: Settings, surroundings: Surroundings) -> Iterator[Change]:
    """Those of one place."""
    if wanted.variables:
        there = _variables(place)
        for name, value in wanted.variables.items():
            found = {"value": there[name]} if name in there else None
            apply = _set_variable(place, name, value, is_there=found is not None)
            yield change("variable", place.prefix + name, {"value": value}, found, apply)
    if wanted.secrets:
        times = _secrets(place)
        for name, reference in wanted.secrets.items():
            yield _secret(place, name, reference, times.get(name), surroundings)


def _variables(place: Place) -> dict[str, str]:
    if not place.is_there:
        return {}
    return {one.name: one.value for one in place.get().get_variables()}


def _secrets(place: Place) -> dict[str, str]:
    """Name -> when it was set."""
    if not place.is_there:
        return {}
    return {one.name: f"{one.updated_at:%Y-%m-%d}" for one in place.get().get_secrets()}


def _secret(
    place: Place,
    name: str,
    reference: SecretReference,
    time: str | None,
    surroundings: Surroundings,
) -> Change:
    def apply() -> None:
        place.get().create_secret(name, surroundings.secrets.value(reference))

    shown = place.prefix + name
    source, needs = f"from {reference.source}", (reference,)
    if time is None:
        return Change(
            CREATE, "secret", shown, (Difference("value", "", source),), apply, needs=needs
        )
    if surroundings.renew_secrets:
        difference = Difference("value", f"set on {time}", source)
        return Change(UPDATE, "secret", shown, (difference,), apply, needs=needs)
    return Change(KEEP, "secret", shown, note=f"set on {time}, {kept_secrets.NOTE}")


def _set_variable(place: Place, name: str, value: str, *, is_there: bool) -> Callable[[], None]:
    def apply() -> None:
        if is_there:
            # Not by PyGithub: its edit() answers a refusal with False and no word of why.
            body = {"name": name, "value": value}
            path = f"{place.path}/variables/{name}"
            place.connection.rest.json("PATCH", path, body=body, repeatable=True)
        else:
            place.get().create_variable(name, value)

    return apply
