"""The identity of a service connection of Azure Pipelines."""

from __future__ import annotations

from typing import Any

from modelyard.azure.identity import clouds
from modelyard.azure.identity.machine import managed_identity
from modelyard.azure.identity.principal import Principal, at, service_principal, with_certificate
from modelyard.service_connection import MANAGED_IDENTITY, WITH_SECRET, ServiceConnection


def of_connection(connection: ServiceConnection) -> Principal:
    """The service principal of a service connection of Azure Pipelines.

    With workload identity federation no secret is stored anywhere: for each token Azure DevOps
    gives the job a short-lived identity token, which Entra takes in place of a secret.

    :raises InputError: when it is of a cloud that isn't known here.
    """
    cloud = clouds.of_connection(connection.environment)
    if connection.scheme == MANAGED_IDENTITY:
        return managed_identity()
    if connection.client_certificate:
        return with_certificate(
            tenant_id=connection.tenant_id,
            client_id=connection.client_id,
            certificate=connection.client_certificate.encode(),
            password=None,
            fix="renew the certificate of the service connection in the project's settings, or "
            "convert the connection to workload identity federation",
            cloud=cloud,
        )
    if connection.scheme == WITH_SECRET:
        return service_principal(
            tenant_id=connection.tenant_id,
            client_id=connection.client_id,
            client_secret=connection.client_secret,
            fix="renew the secret of the service connection in the project's settings, or convert "
            "the connection to workload identity federation",
            cloud=cloud,
        )

    def source() -> Any:
        from azure.identity import AzurePipelinesCredential

        return AzurePipelinesCredential(
            tenant_id=connection.tenant_id,
            client_id=connection.client_id,
            service_connection_id=connection.id,
            system_access_token=connection.job_token,
            **at(cloud),
        )

    return Principal(
        f"the service principal {connection.client_id}",
        source,
        secrets=(connection.job_token,),
        cause="the application has no federated credential for this service connection, or the "
        "job may not use the connection",
        fix="verify the service connection in the project's settings; its issuer and subject must "
        "be those of the application's federated credential",
    )
