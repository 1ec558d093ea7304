"""Secrets of a project's file: the file says where one is, never what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.azure.key_vault import SignIn, Vaults
from modelyard.azure.key_vault_names import of_value
from modelyard.clock import Clock
from modelyard.errors import InputError
from modelyard.masking import Masker
from modelyard.secret_references import is_reference

ENVIRONMENT = "env:"
SHAPES = "env:NAME or keyvault://VAULT/NAME"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class SecretReference:
    """Where a secret is: ``env:NAME`` or ``keyvault://VAULT/NAME``."""

    source: str


def secret_reference(content: Any) -> SecretReference | str:
    """The reference, or what is wrong with it: without a word of it, for it may be a secret."""
    if isinstance(content, str) and content.startswith(ENVIRONMENT):
        if _VARIABLE.fullmatch(content.removeprefix(ENVIRONMENT)):
            return SecretReference(content)
    elif isinstance(content, str) and is_reference(content):
        try:
            of_value(content)
        except InputError:
            return f"isn't a reference to a secret: write {SHAPES}"
        return SecretReference(content.strip())
    return f"holds a value in place of a reference to a secret: write {SHAPES}"


class SecretValues:
    """The values, each read once and when it is needed.

    :param sign_in: gives the credential for a key vault.
    :param masker: is told every value before anybody else has it.
    """

    def __init__(
        self, environment: Mapping[str, str], sign_in: SignIn, *, clock: Clock, masker: Masker
    ) -> None:
        self._environment = environment
        self._sign_in = sign_in
        self._clock = clock
        self._masker = masker
        self._read: dict[str, str] = {}

    def read_all(self, references: Iterable[SecretReference]) -> None:
        """Read what isn't read yet, so that nothing is half done for want of a secret.

        :raises InputError: with everything that the environment lacks.
        :raises ServiceError: when a vault refuses one.
        """
        wanted = list(dict.fromkeys(references))
        if missing := [text for one in wanted if (text := self.missing(one))]:
            raise InputError("\n".join(missing), fix="set it for this one command")
        for one in wanted:
            self.value(one)

    def missing(self, reference: SecretReference) -> str:
        """Why there can be no value, as far as that is known without asking a vault; or nothing."""
        name = reference.source.removeprefix(ENVIRONMENT)
        if is_reference(reference.source) or self._environment.get(name, "").strip():
            return ""
        return f"the environment variable {name} isn't set, or is empty"

    def value(self, reference: SecretReference) -> str:
        """The secret.

        :raises InputError: when the environment doesn't have it.
        :raises ServiceError: when the vault refuses it.
        """
        source = reference.source
        if source not in self._read:
            if missing := self.missing(reference):
                raise InputError(missing, fix="set it for this one command")
            if is_reference(source):
                with Vaults(self._sign_in, clock=self._clock) as vaults:
                    found = vaults.read(of_value(source)).value
            else:
                found = self._environment[source.removeprefix(ENVIRONMENT)]
            self._masker.add(found)
            self._read[source] = found
        return self._read[source]
