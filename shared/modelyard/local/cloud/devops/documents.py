"""Numbered things of a project: the same life for environments, checks, pipelines and policies."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]


class Documents:
    """All things of one kind. Safe for several threads where the store's lock is held.

    :param kind: as errors call it: ``Environment``.
    """

    def __init__(self, cloud: Cloud, kind: str) -> None:
        self._store = cloud.store
        self.kind = kind
        self._collection = f"devops.{kind.lower()}"

    def add(self, project: str, body: Json) -> Json:
        """A new one, with the next number."""
        number = self._store.next_number(self._collection)
        return self._put(number, project, body)

    def change(self, project: str, number: int, body: Json) -> Json:
        """One with other content. Raises DevOpsError when there is none."""
        self.get(project, number)
        return self._put(number, project, body)

    def get(self, project: str, number: int) -> Json:
        """Raises DevOpsError when there is none of this number in the project."""
        found = self._store.get(self._collection, str(number))
        if found is None or found["project"] != project:
            raise exceptions.not_found(self.kind, number)
        body: Json = found["body"]
        return body

    def of_project(self, project: str) -> list[Json]:
        """All, oldest first."""
        found = (one for _, one in self._store.items(self._collection))
        return [one["body"] for one in found if one["project"] == project]

    def delete(self, project: str, number: int) -> None:
        """Raises DevOpsError when there is none."""
        self.get(project, number)
        self._store.delete(self._collection, str(number))

    def check_free(self, project: str, name: str, but: int = 0) -> None:
        """Raises DevOpsError when another one has this name; names have no case."""
        for one in self.of_project(project):
            if str(one.get("name", "")).lower() == name.lower() and one["id"] != but:
                raise exceptions.exists(self.kind, name)

    def count(self) -> int:
        return sum(1 for _ in self._store.items(self._collection))

    def reset(self) -> None:
        self._store.clear(self._collection)

    def _put(self, number: int, project: str, body: Json) -> Json:
        whole = {**body, "id": number}
        self._store.put(self._collection, str(number), {"project": project, "body": whole})
        return whole
