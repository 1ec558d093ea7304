"""What setting up a project would change: made by reading alone, carried out afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.project.secret_values import SecretReference
from modelyard.project.tenant import Federation

CREATE, UPDATE, KEEP = "create", "update", "keep"


@dataclass(frozen=True)
class Difference:
    """A field that isn't as the file has it. Texts to show; secrets are none of them."""

    name: str
    old: str
    """Empty for a new thing."""
    new: str


@dataclass(frozen=True)
class Change:
    """What becomes of one thing.

    :ivar apply: does it; may raise ModelyardError. Called in the order of the plan, and only for
        what isn't kept.
    """

    action: str
    kind: str
    """``variable group``, ``environment`` and so on."""
    name: str
    differences: tuple[Difference, ...] = ()
    apply: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    note: str = ""
    """What a reader should know, such as that a secret can't be compared."""
    needs: tuple[SecretReference, ...] = ()
    """Secrets that :attr:`apply` writes: all are read before the first change of the plan."""

    @property
    def writes(self) -> bool:
        return self.action != KEEP


@dataclass(frozen=True)
class Link:
    """A page of the project, for the end."""

    title: str
    url: str


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Plan:
    """All that is to be done for one platform."""

    title: str
    """``Azure DevOps, https://dev.azure.com/ORGANIZATION/PROJECT``."""
    changes: tuple[Change, ...]
    links: Callable[[], Iterable[Link]]
    """Asked for after the changes, when every page has its address."""
    warnings: tuple[str, ...] = ()
    """What isn't right and can't be put right from here."""
    federations: Callable[[], Iterable[Federation]] = tuple
    """Whom the application in the tenant has to trust, as far as it is known. Asked for last."""
    begin: Callable[[], None] = _nothing
    """Called once before the first change: until then nothing may be written."""
    untold: tuple[str, ...] = ()
    """Names of what is trusted too, once it is there: nobody knows by what subject before."""

    @property
    def writes(self) -> bool:
        """Whether anything isn't as the file has it."""
        return any(change.writes for change in self.changes)

    @property
    def needs(self) -> Iterator[SecretReference]:
        """Secrets that are written, and have to be there before the first change."""
        for change in self.changes:
            if change.writes:
                yield from change.needs

    def count(self, action: str) -> int:
        return sum(1 for change in self.changes if change.action == action)


def change(
    kind: str,
    name: str,
    wanted: Mapping[str, Any],
    found: Mapping[str, Any] | None,
    apply: Callable[[], None],
    note: str = "",
    needs: Iterable[SecretReference] = (),
) -> Change:
    """Create, update or keep: by comparing the fields that are wanted.

    :param wanted: by the name that is shown. Values are compared as they are.
    :param found: the same fields as they are now; None when there is no such thing. A field that
        is missing here counts as empty.
    :param needs: secrets that are written.
    """
    if found is None:
        new = tuple(
            Difference(key, "", shown(value)) for key, value in wanted.items() if shown(value)
        )
        return Change(CREATE, kind, name, new, apply, note, tuple(needs))
    differences = tuple(
        Difference(key, shown(found.get(key)), shown(value))
        for key, value in wanted.items()
        if found.get(key) != value
    )
    if not differences:
        return Change(KEEP, kind, name, note=note)
    return Change(UPDATE, kind, name, differences, apply, note, tuple(needs))


def shown(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={shown(one)}" for key, one in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(shown(one) for one in value)
    return " ".join(str(value).split())
