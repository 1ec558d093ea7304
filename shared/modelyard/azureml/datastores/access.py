"""The container of a datastore, with a signature for a while: for what reads and writes its files.

Source: Azure REST reference, "Datastores", version 2024-10-01.
"""

from __future__ import annotations

from modelyard.azureml import blobs, datastores
from modelyard.azureml.connection import Place
from modelyard.azureml.datastores import KEY, SAS, SECRETS
from modelyard.errors import NotFound, ServiceError
from modelyard.http import Session

DEFAULT = "workspaceblobstore"
READ, WRITE = "rl", "rcw"
"""What a signature that is made from the account's key allows."""
_SECONDS = 3600.0


def container(session: Session, place: Place, name: str, rights: str) -> str:
    """The signed address of the container that a datastore is.

    :param rights: READ or WRITE.
    :raises NotFound: when there is no such datastore.
    :raises ServiceError: when it is no blob container, or has no key or signature.
    """
    found = datastores.find(session, place, name)
    if found is None:
        raise NotFound(
            f"the workspace {place.workspace} has no datastore {name}",
            fix="check the name, or make it first by aml-datastore",
        )
    properties = found.properties
    holder = properties.get("containerName") or properties.get("filesystem")
    if not holder:
        raise ServiceError(
            f"the datastore {name} is of the type {found.kind}",
            cause="only blob containers and file systems of Data Lake Storage Gen2 are read and "
            "written here",
            fix="name a datastore that is one of those",
        )
    address = (
        f"{properties.get('protocol', 'https')}://{properties['accountName']}.blob."
        f"{properties.get('endpoint', 'core.windows.net')}/{holder}"
    )
    secrets = datastores.secrets(session, place, name)
    key, signature = (secrets.get(SECRETS[kind]) for kind in (KEY, SAS))
    if secrets.get("secretsType") == KEY and key:
        until = session.clock.time() + _SECONDS
        return blobs.container_address(str(key), address, rights=rights, until=until)
    if secrets.get("secretsType") == SAS and signature:
        return f"{address}?{str(signature).removeprefix('?')}"
    raise ServiceError(
        f"the datastore {name} has no key for its files",
        cause="it signs in by identity or as a service principal (systemDatastoresAuthMode)",
        fix="give the datastore an account key or a shared access signature",
    )
