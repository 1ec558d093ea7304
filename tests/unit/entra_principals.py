"""Identities of Microsoft Entra that sign in without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelyard.credentials import Token
from modelyard.errors import Unauthenticated

NAMES = (
    "azure_cli",
    "device_code",
    "managed_identity",
    "of_connection",
    "service_principal",
    "with_assertion",
    "with_certificate",
)
"""The functions that make one."""


class Principals:
    """Stands for Microsoft Entra: who signs in, with what, in which order; the token tells."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.refused: set[str] = set()
        """Who can't sign in: by its function, or as ``FUNCTION-for-RESOURCE``."""

    def make(self, kind: str) -> Callable[..., Any]:
        def principal(*given: Any, **more: Any) -> Any:
            class Principal:
                name = f"the {kind}"

                @staticmethod
                def mint(resource: str) -> Token:
                    self.asked.append({"kind": kind, "resource": resource, **more})
                    if self.refused & {kind, f"{kind}-for-{resource}"}:
                        raise Unauthenticated(f"{kind} was refused")
                    if "assertion" in more:
                        more["assertion"]()
                    return Token(f"{kind}-for-{resource}", 4e9)

            return Principal()

        return principal

    @property
    def kinds(self) -> list[str]:
        return [one["kind"] for one in self.asked]
