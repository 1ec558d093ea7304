"""Secrets of a project's file: the file says where one is, never what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.azure.identity.clouds import PUBLIC, AzureCloud
from modelyard.azure.key_vault import SignIn, Vaults
from modelyard.azure.key_vault.names import of_value
from modelyard.azure.key_vault.reading import read_usable
from modelyard.clock import Clock
from modelyard.errors import InputError
from modelyard.masking import Masker
from modelyard.reading import defined
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
        return f"names no variable: write {SHAPES}"
    if isinstance(content, str) and is_reference(content):
        try:
            of_value(content)
        except InputError:
            return f"isn't a reference to a secret: write {SHAPES}"
        return SecretReference(content.strip())
    return f"holds a value in place of a reference to a secret: write {SHAPES}"


def variables(texts: Iterable[str]) -> Iterator[str]:
    """The environment variables that texts of a file refer to as secrets."""
    for text in texts:
        reference = secret_reference(text) if text.startswith(ENVIRONMENT) else ""
        if isinstance(reference, SecretReference):
            yield reference.source.removeprefix(ENVIRONMENT)


def variable(name: str) -> SecretReference:
    """The secret in an environment variable."""
    return SecretReference(f"{ENVIRONMENT}{name}")


class SecretValues:
    """The values, each read once and when it is needed.

    :param sign_in: gives the credential for a key vault.
    :param masker: is told every value before anybody else has it.
    :param warn: told of a secret that has expired and is used.
    :param cloud: where a vault is whose name alone is given.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        sign_in: SignIn,
        *,
        clock: Clock,
        masker: Masker,
        warn: Callable[[str], None],
        cloud: AzureCloud = PUBLIC,
    ) -> None:
        self._environment = environment
        self._sign_in = sign_in
        self._clock = clock
        self._masker = masker
        self._warn = warn
        self._cloud = cloud
        self._read: dict[str, str] = {}

    def read_all(self, references: Iterable[SecretReference]) -> None:
        """Read what isn't read yet, so that nothing is half done for want of a secret.

        :raises InputError: with everything that the environment lacks.
        :raises ServiceError: one for all that can't be read from vaults or used.
        """
        wanted = [one for one in dict.fromkeys(references) if one.source not in self._read]
        if missing := [text for one in wanted if (text := self.missing(one))]:
            raise InputError("\n".join(missing), fix="set it for this one command")
        texts = {one.source: self._text(one) for one in wanted}
        places = {text: of_value(text) for text in texts.values() if is_reference(text)}
        values: dict[str, str] = {}
        if places:
            with Vaults(self._sign_in, clock=self._clock, cloud=self._cloud) as vaults:
                found = read_usable(vaults, list(places.values()), warn=self._warn)
            values = {text: one.value for text, one in zip(places, found, strict=True)}
        for source, text in texts.items():
            value = values.get(text, text)
            self._masker.add(value)
            self._read[source] = value

    def missing(self, reference: SecretReference) -> str:
        """Why there can be no value, as far as that is known without asking a vault; or nothing."""
        text, named = self._text(reference), "the environment variable "
        named += reference.source.removeprefix(ENVIRONMENT)
        if not text.strip():
            return f"{named} isn't set, or is empty"
        try:
            defined(named, text)
        except InputError as error:
            return error.what
        try:
            if is_reference(text):
                of_value(text)
        except InputError as error:
            return f"{named} names no secret of a key vault: {error.what}"
        return ""

    def value(self, reference: SecretReference) -> str:
        """The secret. A variable may hold ``keyvault://VAULT/NAME`` in its place, as in a step.

        :raises InputError: when the environment doesn't have it.
        :raises ServiceError: when it can't be read from its vault or used.
        """
        self.read_all([reference])
        return self._read[reference.source]

    def _text(self, reference: SecretReference) -> str:
        """The secret or the address of it in a vault; empty where the environment has neither."""
        if is_reference(reference.source):
            return reference.source
        return self._environment.get(reference.source.removeprefix(ENVIRONMENT), "")
