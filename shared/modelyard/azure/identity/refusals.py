"""What the error numbers of Microsoft Entra mean to somebody who sets up a pipeline.

Source: learn.microsoft.com, "Microsoft Entra authentication and authorization error codes".
"""

from __future__ import annotations

import re

_FIXES = {
    "7000215": "the client secret is wrong: give the secret's value, not its id",
    "7000222": "the client secret has expired: make a new one, or use workload identity federation",
    "7000229": "the application has no service principal in this tenant: make one",
    "700016": "no application has this client id in this tenant: check both ids",
    "700027": "the certificate isn't one of the application's: upload it there",
    "70021": "give the application a federated credential whose issuer and subject are those of "
    "the message",
    "700211": "give the application a federated credential with the issuer of the message",
    "700212": "give the federated credential the audience of the message",
    "700213": "give the application a federated credential with the subject of the message, letter "
    "for letter; a branch, a tag, an environment and a pull request are subjects of their own",
    "700024": "the identity token was too old: check this machine's clock",
    "50013": "the issuer's signature isn't valid: check the federated credential's issuer",
    "90002": "no tenant has this id in this cloud: check azure-tenant-id and azure-cloud",
    "900021": "azure-tenant-id isn't the id of a tenant",
    "900023": "azure-tenant-id isn't the id of a tenant",
    "500011": "the tenant doesn't know the service: register its resource provider",
    "53003": "a conditional access policy of the tenant forbids it: ask its administrator",
    "7000112": "the application is disabled: enable it",
}
_NUMBER = re.compile(r"AADSTS(\d+)")


def fix_for(message: str) -> str:
    """What to do about an error of Entra's; nothing for one that isn't known here."""
    found = _NUMBER.search(message)
    return _FIXES.get(found[1], "") if found else ""
