"""``dbutils.library`` and ``dbutils.credentials``."""

from __future__ import annotations

from typing import NoReturn

from modelyard.local.notebook.dbutils.guide import Helpful


class RestartPython(BaseException):
    """The notebook asked for a fresh interpreter. No ``except Exception`` must catch it."""


class Library(Helpful):
    """Libraries of this notebook alone."""

    name = "library"

    def restartPython(self) -> NoReturn:  # noqa: N802
        """Restart Python: the next cell begins with no variables and fresh modules.

        Widgets and what was installed stay.
        """
        raise RestartPython

    def install(self, *_: object, **__: object) -> NoReturn:
        """Removed by Databricks in Runtime 11.0."""
        _removed()

    def installPyPI(self, *_: object, **__: object) -> NoReturn:  # noqa: N802
        """Removed by Databricks in Runtime 11.0."""
        _removed()


def _removed() -> NoReturn:
    raise NotImplementedError(
        "dbutils.library.install and installPyPI were removed in Databricks Runtime 11.0: "
        "use %pip install in a cell of its own, or a library of the cluster or task"
    )


class Credentials(Helpful):
    """Credentials of cloud providers. The local driver has none."""

    name = "credentials"

    def getCurrentCredentials(self) -> dict[str, str]:  # noqa: N802
        """The credentials in use: none."""
        return {}

    def showCurrentRole(self) -> list[str]:  # noqa: N802
        """The role in use: none."""
        return []

    def showRoles(self) -> list[str]:  # noqa: N802
        """The roles that can be used: none."""
        return []

    def assumeRole(self, role: str) -> NoReturn:  # noqa: N802
        """Roles belong to AWS."""
        raise NotImplementedError(f"can't assume {role}: the local driver has no AWS roles")
