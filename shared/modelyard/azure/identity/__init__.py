"""Who signs in to Microsoft Entra, and how: one module for each part of it.

``clouds`` knows the hosts of the public and the sovereign clouds, ``principal`` and ``machine`` the
ways to prove an identity, ``refusals`` what Entra's errors mean, and ``sign_in`` tries one way
after the other.
"""

from __future__ import annotations

from modelyard.azure.identity.clouds import PUBLIC

DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
"""Application id of Azure Databricks, the same in every tenant and cloud (learn.microsoft.com,
"Get Microsoft Entra ID tokens for service principals")."""
RESOURCE_MANAGER = PUBLIC.resource_manager
"""Azure Resource Manager in the public cloud."""
