"""With what ``modelyard setup`` signs in to Microsoft Entra: as steps do, from the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modelyard.azure.identity import clouds, variables
from modelyard.azure.identity.clouds import PUBLIC, AzureCloud
from modelyard.azure.identity.sign_in import NotTried, Way
from modelyard.azure.identity.variables import ALLOWED_TENANTS, AUTOMATIC, CLOUD, SIGN_IN
from modelyard.azure.identity.ways import PEM
from modelyard.errors import InputError
from modelyard.reading import allowed, defined, nearest


@dataclass(frozen=True)
class Given:
    """What the environment holds (:class:`modelyard.azure.identity.ways.Account`)."""

    azure_service_connection: str | None
    azure_tenant_id: str | None
    azure_client_id: str | None
    azure_client_secret: str | None = field(repr=False)
    azure_client_certificate: str | None = field(repr=False)
    azure_client_certificate_password: str | None = field(repr=False)
    sign_in: str
    allowed_tenants: tuple[str, ...]

    def secrets(self) -> Iterator[str]:
        """What may not be shown."""
        certificate = self.azure_client_certificate or ""
        yield from filter(
            None,
            (
                self.azure_client_secret,
                self.azure_client_certificate_password,
                certificate if PEM in certificate else "",  # else it is the path of a file
            ),
        )


def read(environment: Mapping[str, str], tenant_id: str = "") -> Given:
    """What is set.

    :param tenant_id: as the file has it: where nobody's environment names one.
    :raises InputError: for a value that is ``$(NAME)``, which the agent puts nothing for.
    """

    def value(*names: str) -> str | None:
        found = (defined(name, environment.get(name, "")).strip() for name in names)
        return next((one for one in found if one), None)

    return Given(
        azure_service_connection=None,
        azure_tenant_id=value(*variables.TENANT_ID) or tenant_id or None,
        azure_client_id=value(*variables.CLIENT_ID),
        azure_client_secret=value(*variables.CLIENT_SECRET),
        azure_client_certificate=value(*variables.CLIENT_CERTIFICATE),
        azure_client_certificate_password=value(*variables.CLIENT_CERTIFICATE_PASSWORD),
        sign_in=value(SIGN_IN) or AUTOMATIC,
        allowed_tenants=allowed(
            ALLOWED_TENANTS, defined(ALLOWED_TENANTS, environment.get(ALLOWED_TENANTS, ""))
        ),
    )


_OF_INPUTS = {
    "azure-tenant-id": variables.TENANT_ID[0],
    "azure-client-id": variables.CLIENT_ID[0],
    "azure-client-secret": variables.CLIENT_SECRET[0],
    "azure-client-certificate-password": variables.CLIENT_CERTIFICATE_PASSWORD[0],
    "azure-client-certificate": variables.CLIENT_CERTIFICATE[0],
    "allowed-tenants": ALLOWED_TENANTS,
    "azure-cloud": CLOUD,
    "set sign-in": f"set {SIGN_IN}",
}
"""The variables that stand here for inputs of a step. (A sign-in is a common word, too.)"""


def by_variables(text: str) -> str:
    """A text on signing in, as somebody reads it who has variables and no inputs."""
    names = "|".join(_OF_INPUTS)
    return re.sub(rf"(?<![\w-])({names})(?![\w-])", lambda found: _OF_INPUTS[found[1]], text)


def cloud(environment: Mapping[str, str]) -> AzureCloud:
    """The cloud that ``ARM_ENVIRONMENT`` names; else the public one.

    :raises InputError: for a name that isn't known.
    """
    name = defined(CLOUD, environment.get(CLOUD, "")).strip()
    if name and name not in clouds.NAMES:
        raise InputError(
            f"{CLOUD} is {name}, not one of {', '.join(clouds.NAMES)}{nearest(name, clouds.NAMES)}",
            fix=f"set {CLOUD} to one of them, or leave it out for {PUBLIC.name}",
        )
    return clouds.by_name(name) if name else PUBLIC


def chosen(every: Sequence[Way | NotTried], name: str) -> Sequence[Way | NotTried]:
    """The ways to try: all, or the one that is named.

    :raises InputError: when none is called so.
    """
    wanted = [way for way in every if name in (AUTOMATIC, way.name)]
    if not wanted:
        names = [AUTOMATIC, *(way.name for way in every)]
        raise InputError(
            f"{SIGN_IN} is {name}, which isn't a way to sign in here{nearest(name, names)}",
            fix=f"set it to one of {', '.join(names)}",
        )
    return wanted
