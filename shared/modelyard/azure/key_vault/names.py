"""Names of vaults and secrets, and how a value refers to a secret: ``keyvault://VAULT/NAME``.

Source: learn.microsoft.com, "Azure Key Vault keys, secrets, and certificates overview" ("Object
identifiers", "DNS suffixes for base URL").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from modelyard.azure.identity.clouds import CLOUDS, PUBLIC, AzureCloud
from modelyard.errors import InputError
from modelyard.secret_references import SCHEME, place

_VAULT = re.compile(r"(?=.{3,24}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
_HOST = re.compile(
    r"[A-Za-z][A-Za-z0-9-]{1,23}\.("
    + "|".join(re.escape(cloud.vault_domain) for cloud in CLOUDS)
    + ")",
    re.IGNORECASE,
)
_SECRET = re.compile(r"[0-9A-Za-z-]{1,127}")
_VERSION = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


@dataclass(frozen=True)
class Reference:
    """One secret of one vault."""

    vault: str
    """Its name, host name or address; a name alone is that of a vault of the caller's cloud."""
    name: str
    version: str = ""
    """32 hexadecimal digits; empty: the newest."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for every way to write the same secret: the service ignores case."""
        host = self.vault.strip().lower().removeprefix("https://")
        return host.partition(".")[0], self.name.lower(), self.version.lower()

    def __str__(self) -> str:
        return "/".join(filter(None, (self.vault, self.name, self.version)))


def address(vault: str, cloud: AzureCloud = PUBLIC) -> str:
    """``https://NAME.vault.azure.net``, from a vault's name, host name or address.

    :param cloud: where the vault is, if its name alone is given.

    :raises InputError: when no vault may be called so: a token is sent there.
    """
    text = vault.strip()
    host = urlsplit(text).netloc if text.startswith("https://") else text
    if _VAULT.fullmatch(host):
        return f"https://{host.lower()}.{cloud.vault_domain}"
    if _HOST.fullmatch(host):
        return f"https://{host.lower()}"
    raise InputError(
        f"{vault!r} can't be a key vault",
        fix="give its name (3 to 24 letters, digits and dashes) or address, "
        f"https://NAME.{cloud.vault_domain}",
    )


def reference(text: str, vault: str = "") -> Reference:
    """The secret that a text names: ``VAULT/NAME``, ``VAULT/NAME/VERSION``.

    :param vault: where this is given, the text is ``NAME`` or ``NAME/VERSION`` in it.
    :raises InputError: when it can't be one.
    """
    parts = text.strip().split("/")
    if vault:
        parts = [vault, *parts]
    good = (
        len(parts) in (2, 3)
        and _SECRET.fullmatch(parts[1])
        and (len(parts) == 2 or _VERSION.fullmatch(parts[2]))
    )
    if not good:
        shape = "NAME or NAME/VERSION" if vault else "VAULT/NAME or VAULT/NAME/VERSION"
        raise InputError(
            f"{text!r} doesn't name a secret of a key vault",
            cause="a name has letters, digits and dashes; a version has 32 hexadecimal digits",
            fix=f"write {shape}",
        )
    address(parts[0])
    return Reference(*parts)


def of_value(text: str) -> Reference:
    """The secret that a value refers to.

    :raises InputError: when it isn't ``keyvault://VAULT/NAME`` or ``keyvault://VAULT/NAME/VERSION``.
    """
    try:
        return reference(place(text))
    except InputError as error:
        error.fix = f"write {SCHEME}VAULT/NAME or {SCHEME}VAULT/NAME/VERSION"
        raise
