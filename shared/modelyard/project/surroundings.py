"""What a platform is given beside its section of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from modelyard.azure.identity.clouds import AzureCloud
from modelyard.azure.identity.sign_in import SignIn, Way
from modelyard.azure.identity.ways import Job, ways
from modelyard.clock import Clock
from modelyard.credentials import Credential
from modelyard.errors import InputError
from modelyard.masking import Masker
from modelyard.project import account
from modelyard.project.az import Az
from modelyard.project.fields import Section
from modelyard.project.plan import Plan
from modelyard.project.secret_values import SecretValues
from modelyard.project.tenant import Tenant


@dataclass(frozen=True)
class Surroundings:
    """One run of the command."""

    environment: Mapping[str, str] = field(repr=False)
    clock: Clock
    folder: Path
    """Where the file is: paths in it start here."""
    write: Callable[[str], None]
    """A line for the reader; every known secret is taken out of it."""
    masker: Masker = field(repr=False)
    """Told of every secret, also of tokens."""
    job: Job
    """Where the command runs: some ways to sign in are a CI system's, or a person's."""
    tenant: Tenant | None = None
    with_az: bool = False
    renew_secrets: bool = False
    """Secrets that are there are set again: no service tells their values."""
    hidden: frozenset[str] = frozenset()
    """Variables that hold secrets of the file: no program gets them."""

    @cached_property
    def secrets(self) -> SecretValues:
        """The secrets that the file refers to."""
        return SecretValues(
            self.environment,
            self.entra,
            clock=self.clock,
            masker=self.masker,
            warn=lambda text: self.write(f"warning: {text}"),
            cloud=self.cloud,
        )

    @cached_property
    def az(self) -> Az | None:
        """The Azure command line, where it is to be used.

        :raises MissingTool, AzFailed:
        """
        if not self.with_az or self.tenant is None:
            return None
        environment = {
            name: value for name, value in self.environment.items() if name not in self.hidden
        }
        return Az(environment, self.tenant)

    def entra(self, resource: str) -> Credential:
        """The credential of Microsoft Entra for a resource; nothing is sent yet.

        :raises InputError: when there is no way to sign in.
        """
        try:
            self._sign_in.check(resource)
        except InputError as error:  # it speaks of the inputs of a step
            error.what, error.fix = map(account.by_variables, (error.what, error.fix))
            raise
        return self._sign_in.token(resource, clock=self.clock)

    @cached_property
    def cloud(self) -> AzureCloud:
        """The Azure cloud that ``ARM_ENVIRONMENT`` names; else the public one.

        :raises InputError: for a name that isn't known.
        """
        return account.cloud(self.environment)

    @cached_property
    def _sign_in(self) -> SignIn:
        given = account.read(self.environment, self.tenant.tenant_id if self.tenant else "")
        for secret in given.secrets():
            self.masker.add(secret)
        every = ways(given, self.job, self.environment, self.cloud)
        return SignIn(
            account.chosen(every, given.sign_in),
            chosen=self._chosen,
            allowed_tenants=given.allowed_tenants,
        )

    def _chosen(self, way: Way) -> None:
        self.write(f"signed in by {way.name}: {way.who}")


class Platform(Protocol):
    """A module that knows how to set up one platform."""

    KEYS: tuple[str, ...]
    """The keys of its section of the file."""

    def plan(self, section: Section, surroundings: Surroundings) -> Plan:
        """What is to be done. Reads only.

        The section is read whole, and ``section.mistakes.check()`` called, before anything is
        sent.

        :raises ModelyardError:
        """
        ...


def platform(module: Any) -> Platform:
    """A module as a platform: says to the type checker that it is one."""
    found: Platform = module
    return found
