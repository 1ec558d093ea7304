"""Identities of Microsoft Entra, and how each proves who it is to get tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from modelyard.azure.identity.clouds import PUBLIC, AzureCloud
from modelyard.azure.identity.refusals import refusal_in
from modelyard.clock import Clock
from modelyard.credentials import RefreshingToken, Token
from modelyard.errors import InputError, ModelyardError, NotTheService, Unauthenticated, Unreachable
from modelyard.masking import redact

if TYPE_CHECKING:
    # azure-identity takes longer to import than all else that a step needs: only who signs in by
    # it waits for that.
    from azure.core.credentials import AccessToken

_SILENCE = logging.NullHandler()
_UNUSABLE = "what is given hasn't the form that it needs; nothing was sent to Microsoft Entra"
_ADDRESS = "check the proxy settings, and AZURE_AUTHORITY_HOST where that is set"


class Source(AbstractContextManager[Any], Protocol):
    """A credential of azure-identity."""

    def get_token(self, *scopes: str) -> AccessToken: ...


@dataclass(frozen=True)
class Principal:
    """An identity, and how it proves who it is."""

    name: str
    """``the service principal ID``, for messages."""
    source: Callable[[], Any] = field(repr=False)
    """Makes a :class:`Source`."""
    secrets: tuple[str, ...] = field(repr=False)
    """What may not stand in a message."""
    cause: str
    """Why Entra most likely refuses it."""
    fix: str

    def token(
        self, resource: str, *, clock: Clock, header: str = "Authorization"
    ) -> RefreshingToken:
        """Its token for one resource, minted when it is needed and again before it expires.

        :param resource: what the token is for: an application id or URI.
        :raises ModelyardError: at the first request; see :meth:`mint`.
        """
        return RefreshingToken(lambda: self.mint(resource), clock=clock, name=header)

    def mint(self, resource: str) -> Token:
        """A new token for a resource.

        :raises InputError: when an id or a certificate can't be one.
        :raises Unauthenticated: with what Entra said.
        :raises Unreachable: when Entra doesn't answer.
        :raises NotTheService: when something else does.
        """
        from azure.core.exceptions import AzureError

        for name in ("azure", "msal"):
            # Their warnings repeat what the error says, and would go to standard error unmasked.
            logging.getLogger(name).addHandler(_SILENCE)
        try:
            # A new one each time: the old one remembers its token, also one that was refused, and
            # nothing of it is ever written to a file.
            try:
                made = self.source()
            except ValueError as error:
                raise InputError(self._refused(error), cause=_UNUSABLE, fix=self.fix) from None
            with made as source:
                token = source.get_token(f"{resource}/.default")
        except (AzureError, ValueError) as error:
            raise self._failure(error) from None
        return Token(token.token, float(token.expires_on))

    def _failure(self, error: Exception) -> ModelyardError:
        chain = list(_causes(error))
        for one in chain:
            if isinstance(one, ModelyardError):
                return one  # the identity token of the CI system, which azure-identity asks for
        if any(_is_unreachable(one) for one in chain):
            return Unreachable(
                f"Microsoft Entra can't be reached to sign in {self.name}: {self._said(error)}",
                fix=_ADDRESS,
            )
        # msal keeps what Entra said of a tenant to the error behind the one that it raises.
        refusal = next(filter(None, (refusal_in(self._text(one)) for one in chain)), None)
        if refusal:
            return Unauthenticated(
                f"{self.name} can't sign in: {refusal.said}",
                cause=refusal.cause or self.cause,
                fix=refusal.fix or self.fix,
            )
        if any(_is_no_answer(one) for one in chain):
            return NotTheService(
                f"{self.name} can't sign in: what answered isn't Microsoft Entra",
                cause="a proxy or another web site answered in its place",
                fix=_ADDRESS,
            )
        kind = InputError if isinstance(error, ValueError) else Unauthenticated
        return kind(self._refused(error), cause=self.cause, fix=self.fix)

    def _refused(self, error: Exception) -> str:
        return f"{self.name} can't sign in: {self._said(error)}"

    def _said(self, error: BaseException) -> str:
        """The first line of a message."""
        text = self._text(error)
        first = text.splitlines()[0] if text else type(error).__name__
        return first.removeprefix("Authentication failed: ")

    def _text(self, error: BaseException) -> str:
        """A message without the secrets."""
        return redact(str(getattr(error, "message", "") or error), self.secrets).strip()


def service_principal(
    *,
    tenant_id: str,
    client_id: str,
    client_secret: str,
    fix: str = "check the tenant, the client id and the secret",
    cloud: AzureCloud = PUBLIC,
) -> Principal:
    """A service principal that signs in with a secret.

    :param fix: what to do when it can't, in terms of what the user gave.
    """

    def source() -> Any:
        from azure.identity import ClientSecretCredential

        return ClientSecretCredential(tenant_id, client_id, client_secret, **at(cloud))

    return Principal(
        f"the service principal {client_id}",
        source,
        secrets=(client_secret,),
        cause="the secret is wrong or has expired, or the tenant or client id is wrong",
        fix=fix,
    )


def with_certificate(
    *,
    tenant_id: str,
    client_id: str,
    certificate: bytes,
    password: str | None,
    fix: str = "check the certificate (with its private key, in PEM or PKCS #12), its password, "
    "the tenant and the client id",
    cloud: AzureCloud = PUBLIC,
) -> Principal:
    """A service principal that signs in with a certificate.

    :param certificate: certificate and private RSA key, in PEM or PKCS #12.
    """

    def source() -> Any:
        from azure.identity import CertificateCredential

        try:
            return CertificateCredential(
                tenant_id,
                client_id,
                certificate_data=certificate,
                password=password,
                **at(cloud),
            )
        except TypeError as error:  # an encrypted key without a password, or the other way round
            raise ValueError(str(error)) from None

    return Principal(
        f"the service principal {client_id}",
        source,
        secrets=(password,) if password else (),
        cause="the certificate isn't the application's, has expired, or its password is wrong",
        fix=fix,
    )


def with_assertion(
    *, tenant_id: str, client_id: str, assertion: Callable[[], str], cloud: AzureCloud = PUBLIC
) -> Principal:
    """A service principal that trusts the CI system to say which job this is.

    :param assertion: gets an identity token of the CI system; called for every token, because
        such a token lives for minutes only.
    """

    def source() -> Any:
        from azure.identity import ClientAssertionCredential

        return ClientAssertionCredential(tenant_id, client_id, func=assertion, **at(cloud))

    return Principal(
        f"the service principal {client_id}",
        source,
        secrets=(),
        cause="the application has no federated credential for this job",
        fix="give the application a federated credential with the issuer and subject of this job",
    )


def at(cloud: AzureCloud) -> dict[str, str]:
    """Arguments for azure-identity. In the public cloud AZURE_AUTHORITY_HOST still counts."""
    return {} if cloud is PUBLIC else {"authority": cloud.authority}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it: azure-identity calls every failure one of authentication."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_unreachable(error: BaseException) -> bool:
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError

    return isinstance(error, (ServiceRequestError, ServiceResponseError))


def _is_no_answer(error: BaseException) -> bool:
    from azure.core.exceptions import DecodeError

    return isinstance(error, DecodeError)
