"""The environment variables that say who signs in, where nothing else does.

The inputs of operations fall back on them, and ``modelyard setup`` reads nothing but them. Where
there are several, the first that is set counts: azure-identity's own name, then Terraform's.
"""

from __future__ import annotations

TENANT_ID = ("AZURE_TENANT_ID", "ARM_TENANT_ID")
CLIENT_ID = ("AZURE_CLIENT_ID", "ARM_CLIENT_ID")
CLIENT_SECRET = ("AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET")
CLIENT_CERTIFICATE = ("AZURE_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH")
CLIENT_CERTIFICATE_PASSWORD = (
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "ARM_CLIENT_CERTIFICATE_PASSWORD",
)
CLOUD = "ARM_ENVIRONMENT"
ALLOWED_TENANTS = "MODELYARD_ALLOWED_TENANTS"
SIGN_IN = "MODELYARD_SIGN_IN"
AUTOMATIC = "automatic"
"""The value of SIGN_IN with which every way is tried."""
