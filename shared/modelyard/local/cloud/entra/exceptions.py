"""The errors of the token service, as their clients parse them.

Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations


class EntraError(Exception):
    """An AADSTS error. ``message`` is the part after the number."""

    def __init__(self, status: int, error: str, code: int, message: str) -> None:
        super().__init__(f"AADSTS{code}: {message}")
        self.status = status
        self.error = error
        self.code = code


def tenant_not_found(tenant: str) -> EntraError:
    return EntraError(
        400,
        "invalid_request",
        90002,
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud.",
    )


def application_not_found(client_id: str, tenant: str) -> EntraError:
    return EntraError(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. "
        "This can happen if the application has not been installed by the administrator of the "
        "tenant or consented to by any user in the tenant.",
    )


def wrong_secret(client_id: str) -> EntraError:
    return EntraError(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        f"secret value, not the client secret ID, for a secret added to app '{client_id}'.",
    )


def no_secret() -> EntraError:
    return EntraError(
        401,
        "invalid_client",
        7000216,
        "'client_assertion', 'client_secret' or 'request' is required for the "
        "'client_credentials' grant type.",
    )


def parameter_missing(name: str) -> EntraError:
    return EntraError(
        400,
        "invalid_request",
        900144,
        f"The request body must contain the following parameter: '{name}'.",
    )


def grant_not_supported(grant: str) -> EntraError:
    return EntraError(
        400,
        "unsupported_grant_type",
        70003,
        f"The app requested an unsupported grant type '{grant}'.",
    )


def scope_not_valid(scope: str) -> EntraError:
    return EntraError(
        400,
        "invalid_scope",
        1002012,
        f"The provided value for scope {scope} is not valid. Client credential flows must have a "
        "scope value with /.default suffixed to the resource identifier (application ID URI).",
    )


def resource_not_found(resource: str, tenant: str) -> EntraError:
    return EntraError(
        400,
        "invalid_resource",
        500011,
        f"The resource principal named {resource} was not found in the tenant named {tenant}. "
        "This can happen if the application has not been installed by the administrator of the "
        "tenant or consented to by any user in the tenant.",
    )


def assertion_malformed() -> EntraError:
    return EntraError(401, "invalid_client", 50027, "JWT token is invalid or malformed.")


def assertion_not_trusted(code: int, claim: str, value: object) -> EntraError:
    """``code`` says which claim: 700211 issuer, 700212 audience, 700213 subject."""
    return EntraError(
        401,
        "invalid_client",
        code,
        f"No matching federated identity record found for presented assertion {claim} '{value}'. "
        "Check your federated identity credential Subject, Audience and Issuer against the "
        "presented assertion.",
    )


def assertion_signature() -> EntraError:
    return EntraError(
        401, "invalid_client", 50013, "Assertion failed signature validation: key was not found."
    )


def assertion_expired() -> EntraError:
    return EntraError(
        401, "invalid_client", 700024, "Client assertion is not within its valid time range."
    )


def certificate_not_registered() -> EntraError:
    return EntraError(
        401,
        "invalid_client",
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on "
        "application. [Reason - The key was not found.]",
    )


def certificate_expired() -> EntraError:
    return EntraError(
        401,
        "invalid_client",
        700027,
        "The certificate with identifier used to sign the client assertion is expired on "
        "application. [Reason - The key used is expired.]",
    )


def assertion_for_other(audience: object) -> EntraError:
    return EntraError(
        401,
        "invalid_client",
        700023,
        f"Client assertion audience claim '{audience}' does not match Realm issuer.",
    )


def device_code_pending() -> EntraError:
    return EntraError(
        400,
        "authorization_pending",
        70016,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )


def refresh_token_not_valid() -> EntraError:
    return EntraError(
        400,
        "invalid_grant",
        9002313,
        "The refresh token isn't valid, or was given to another client.",
    )


def refresh_token_expired() -> EntraError:
    return EntraError(
        400,
        "invalid_grant",
        700082,
        "The refresh token has expired due to inactivity.",
    )


def device_code_declined() -> EntraError:
    return EntraError(
        400, "authorization_declined", 70018, "Invalid verification code: the user declined."
    )


def device_code_expired() -> EntraError:
    return EntraError(
        400,
        "expired_token",
        70020,
        "The provided value for the input parameter 'device_code' is not valid. This device code "
        "has expired.",
    )
