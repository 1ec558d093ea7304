"""Registered models of Unity Catalog: versions and aliases.

Source: Azure Databricks REST reference, "Registered Models" and "Model Versions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from modelyard.databricks.mlflow.mlflow_registry import RegisteredVersion
from modelyard.http import Session

_MODELS = "/api/2.1/unity-catalog/models"


def version(session: Session, name: str, number: str) -> RegisteredVersion:
    """One version of a model with a three-level name.

    :raises NotFound:
    """
    return _version(name, session.get(f"{_path(name)}/versions/{quote(number, safe='')}"))


def of_run(session: Session, name: str, run_id: str) -> RegisteredVersion | None:
    """The newest version that was registered from a run; None when there is none."""
    found = [one for one in _versions(session, name) if one.run_id == run_id]
    return max(found, key=lambda one: int(one.version), default=None)


def of_alias(session: Session, name: str, alias: str) -> RegisteredVersion | None:
    """The version that an alias points to; None where the model has no such alias.

    :raises NotFound: when there is no such model.
    """
    aliases = session.get(_path(name), {"include_aliases": "true"}).get("aliases") or []
    number = next((one["version_num"] for one in aliases if one["alias_name"] == alias), None)
    return None if number is None else version(session, name, str(number))


def set_alias(session: Session, name: str, alias: str, number: str) -> None:
    """Let an alias point to a version, and no longer to another."""
    path = f"{_path(name)}/aliases/{quote(alias, safe='')}"
    session.json("PUT", path, body={"version_num": int(number)})


def _versions(session: Session, name: str) -> Iterator[RegisteredVersion]:
    query = {"max_results": "1000"}
    while True:
        answer = session.get(f"{_path(name)}/versions", query)
        for one in answer.get("model_versions") or []:
            yield _version(name, one)
        if not answer.get("next_page_token"):
            return
        query["page_token"] = str(answer["next_page_token"])


def _path(name: str) -> str:
    return f"{_MODELS}/{quote(name, safe='')}"


def _version(name: str, answer: Mapping[str, Any]) -> RegisteredVersion:
    return RegisteredVersion(
        name=name,
        version=str(answer.get("version") or ""),
        run_id=str(answer.get("run_id") or ""),
    )
