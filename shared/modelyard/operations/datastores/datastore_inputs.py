"""Inputs of aml-datastore."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azureml.datastores import BLOB, LAKE, SHARE
from modelyard.operation import Structure, given
from modelyard.operations.inputs.azureml_inputs import AzureMLInputs

KINDS = {"blob": BLOB, "adls-gen2": LAKE, "file-share": SHARE}
_ONE, _SIGN_IN = "One datastore", "How Azure ML signs in to the storage"


@dataclass(frozen=True, kw_only=True)
class DatastoreInputs(AzureMLInputs):
    """See the operation."""

    datastore_name: str | None = given(
        "Name of the datastore: letters, digits and underscores. Either this, or datastores.",
        default=None,
        group=_ONE,
    )
    datastore_type: str | None = given(
        "What it is: a blob container, a file system of Data Lake Storage Gen2, or a file share.",
        default=None,
        choices=tuple(KINDS),
        group=_ONE,
    )
    account: str | None = given("Name of the storage account.", default=None, group=_ONE)
    container: str | None = given(
        "Name of the container, file system or share in it.", default=None, group=_ONE
    )
    make_default: bool = given(
        "Make it the default datastore, which is taken where none is named.",
        default=False,
        group=_ONE,
    )
    account_key: str | None = given(
        "Key of the storage account. Without a key, a signature and a service principal Azure ML "
        "signs in by identity.",
        default=None,
        secret=True,
        environment=("AZUREML_DATASTORE_ACCOUNT_KEY",),
        group=_SIGN_IN,
    )
    sas_token: str | None = given(
        "Shared access signature of the container or share, in place of the key.",
        default=None,
        secret=True,
        environment=("AZUREML_DATASTORE_SAS_TOKEN",),
        group=_SIGN_IN,
    )
    storage_tenant_id: str | None = given(
        "Tenant of the service principal that Azure ML signs in as, for adls-gen2.",
        default=None,
        group=_SIGN_IN,
    )
    storage_client_id: str | None = given("Its application id.", default=None, group=_SIGN_IN)
    storage_client_secret: str | None = given(
        "Its secret.",
        default=None,
        secret=True,
        environment=("AZUREML_DATASTORE_CLIENT_SECRET",),
        group=_SIGN_IN,
    )
    datastores: Structure | None = given(
        "Several datastores, in place of datastore-name: a mapping of each name to its type, "
        "account, container, default, and account-key, sas-token or tenant-id, client-id and "
        "client-secret. A secret is the name of an environment variable that holds it, or "
        "keyvault://VAULT/NAME.",
        default=None,
        multiline=True,
    )
    dry_run: bool = given("Compare, say what would be done, and change nothing.", default=False)
