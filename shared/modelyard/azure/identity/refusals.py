"""What the error numbers of Microsoft Entra mean to somebody who sets up a pipeline.

Source: learn.microsoft.com, "Microsoft Entra authentication and authorization error codes", and
"What's new for authentication" for 7002138.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NO_TENANT = ("no tenant has this id in this cloud", "check azure-tenant-id and azure-cloud")
_NO_TENANTS_ID = ("azure-tenant-id isn't the id of a tenant", "copy the id from the portal")
_NO_CREDENTIAL = "the application has no federated credential for this job"
_NO_ACCOUNT = (
    "the account that signs in isn't one of this tenant",
    "sign in with an account of the tenant (az login --tenant ID), or have it invited as a guest",
)
_ENDED = ("the person's sign-in has ended or was taken back", "sign in again, such as by az login")
_SECOND_FACTOR = (
    "the tenant asks the person for a second factor",
    "sign in again at a terminal; a pipeline needs a service principal, which is never asked",
)
_POLICY = (
    "a conditional access policy of the tenant forbids it",
    "ask the tenant's administrator which one, and what it asks for",
)
_KNOWN = {
    "7000215": ("the client secret is wrong", "give the secret's value, not its id"),
    "7000222": (
        "the client secret has expired",
        "make a new one, or use workload identity federation",
    ),
    "7000229": (
        "the application has no service principal in this tenant",
        "make one: az ad sp create --id CLIENT-ID",
    ),
    "7000112": ("the application is disabled", "enable it (Enterprise applications, Properties)"),
    "70001": ("the application is disabled", "enable it (Enterprise applications, Properties)"),
    "700016": ("no application has this client id in this tenant", "check both ids"),
    "700011": ("no application has this client id in this tenant", "check both ids"),
    "700027": ("the certificate isn't one of the application's", "upload it there"),
    "700030": ("the certificate isn't one of the application's", "upload it there"),
    "70021": (
        _NO_CREDENTIAL,
        "give the application a federated credential whose issuer and subject are those of the "
        "message",
    ),
    "700211": (
        _NO_CREDENTIAL,
        "give the application a federated credential with the issuer of the message",
    ),
    "700212": (
        "the federated credential has another audience",
        "give the federated credential the audience of the message",
    ),
    "700213": (
        _NO_CREDENTIAL,
        "give the application a federated credential with the subject of the message, letter for "
        "letter; a branch, a tag, an environment and a pull request are subjects of their own",
    ),
    "7002138": (
        "the federated credential's subject has other capital letters",
        "write it as the message has it, letter for letter",
    ),
    "700024": ("the identity token was too old", "check this machine's clock"),
    "50013": ("the issuer's signature isn't valid", "check the federated credential's issuer"),
    "90002": _NO_TENANT,
    "90038": _NO_TENANT,
    "900021": _NO_TENANTS_ID,
    "900023": _NO_TENANTS_ID,
    "500011": ("the tenant doesn't know the service", "register its resource provider"),
    "50014": _NO_ACCOUNT,
    "50020": _NO_ACCOUNT,
    "50034": _NO_ACCOUNT,
    "51004": _NO_ACCOUNT,
    "90072": _NO_ACCOUNT,
    "50057": ("the account is disabled", "have an administrator enable it"),
    "50072": _SECOND_FACTOR,
    "50074": _SECOND_FACTOR,
    "50076": _SECOND_FACTOR,
    "50078": _SECOND_FACTOR,
    "50079": _SECOND_FACTOR,
    "50132": _ENDED,
    "50133": _ENDED,
    "50173": _ENDED,
    "70008": _ENDED,
    "70043": _ENDED,
    "700082": _ENDED,
    "53000": _POLICY,
    "53001": _POLICY,
    "53002": _POLICY,
    "53003": _POLICY,
}
_SAID = re.compile(r"AADSTS(?P<number>\d+)[^\r\n]*")
_SUPPORT = re.compile(r"\s*(Trace ID:|\\[rn]).*")
"""What only support reads; a text within JSON has line ends in letters."""
_ADVICE = re.compile(
    r"(?<=\.) (Check|Ensure|Make sure|Please|Review|Sign out|The account needs|This can|This may|"
    r"To sign|https?://).*"
)
"""Entra's own advice, which is for who writes programs."""


@dataclass(frozen=True)
class Refusal:
    """What Entra said, and what to make of it."""

    said: str
    """With its number."""
    cause: str
    """Empty where the number isn't known here."""
    fix: str


def refusal_in(text: str) -> Refusal | None:
    """The first of Entra's messages in a text, which may stand before or around it."""
    found = _SAID.search(text)
    if found is None:
        return None
    said = _SUPPORT.sub("", found[0])
    cause, fix = _KNOWN.get(found["number"], ("", ""))
    if fix:
        said = _ADVICE.sub("", said)
    return Refusal(said.rstrip("'"), cause, fix)
