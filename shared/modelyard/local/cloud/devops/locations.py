"""Where the parts of Azure DevOps say that they are: clients take every address from this table.

Source: ``OPTIONS _apis`` of the service, as azure-devops 7.1 asks for it.
"""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.devops.areas import EXTENSIONS, HOST, PEOPLE

_OF_ALL, _OF_PROJECT = "_apis/{area}/{resource}", "{project}/_apis/{area}/{resource}"
_OF_REPOSITORY = "{project}/_apis/{area}/repositories/{repositoryId}"
_OF_BUILD = "{project}/_apis/build/builds/{buildId}/{resource}"
_OF_RUN = "{project}/_apis/pipelines/{pipelineId}/runs/{runId}/{resource}"
_TABLE = (
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas",
     "_apis/{resource}/{areaId}"),
    ("ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7", "distributedtask", "variablegroups",
     _OF_ALL + "/{groupId}"),
    ("f5b09dd5-9d54-45a1-8b5a-1c8287d634cc", "distributedtask", "variablegroups",
     _OF_PROJECT + "/{groupId}"),
    ("8572b1fc-2482-47fa-8f74-7e3ed53ee54b", "distributedtask", "environments",
     _OF_PROJECT + "/{environmentId}"),
    ("900fa995-c559-4923-aae7-f8424fe4fbea", "distributedtask", "queues",
     _OF_PROJECT + "/{queueId}"),
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}"),
    ("225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "git", "repositories",
     _OF_PROJECT + "/{repositoryId}"),
    ("ea98d07b-3c87-4971-8ede-a613694ffb55", "git", "pushes",
     _OF_REPOSITORY + "/{resource}/{pushId}"),
    ("fb93c0db-47ed-4a31-8c20-47552878fb44", "git", "items", _OF_REPOSITORY + "/{resource}"),
    ("2d874a60-a811-4f62-9c9f-963a6ea0a55b", "git", "refs", _OF_REPOSITORY + "/{resource}"),
    ("9946fd70-0d40-406e-b686-b4744cbbcc37", "git", "pullRequests",
     _OF_REPOSITORY + "/{resource}/{pullRequestId}"),
    ("ab6e2e5d-a0b7-4153-b64a-a4efe0d49449", "git", "pullRequestThreads",
     _OF_REPOSITORY + "/pullRequests/{pullRequestId}/threads/{threadId}"),
    ("965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b", "git", "pullRequestThreadComments",
     _OF_REPOSITORY + "/pullRequests/{pullRequestId}/threads/{threadId}/comments/{commentId}"),
    ("14e48fdc-2c8b-41ce-a0c3-e26f6cc55bd0", "serviceendpoint", "endpoints",
     _OF_ALL + "/{endpointId}"),
    ("e85f1c62-adfc-4b74-b618-11a150fb195e", "serviceendpoint", "endpoints",
     _OF_PROJECT + "/{endpointId}"),
    ("86c8381e-5aee-4cde-8ae4-25c0c7f5eaea", "PipelinesChecks", "configurations",
     "{project}/_apis/pipelines/checks/{resource}/{id}"),
    ("b5b9a4a4-e6cd-4096-853c-ab7d8b0c4eb2", "pipelinePermissions", "pipelinePermissions",
     "{project}/_apis/pipelines/{resource}/{resourceType}/{resourceId}"),
    ("dbeaf647-6167-421a-bda9-c9327b25e2e6", "build", "definitions",
     _OF_PROJECT + "/{definitionId}"),
    ("0cd358e1-9217-4d94-8269-1c1ee6f93dcf", "build", "builds", _OF_PROJECT + "/{buildId}"),
    ("1db06c96-014e-44e1-ac91-90b2d4b3e984", "build", "artifacts", _OF_BUILD),
    ("35a80daf-7f30-45fc-86e8-6b813d9c90df", "build", "logs", _OF_BUILD + "/{logId}"),
    ("6e6114b2-8161-44c8-8f6c-c5505782427f", "build", "tags", _OF_BUILD + "/{*tag}"),
    ("8baac422-4c6e-4de5-8532-db96d92acffa", "build", "timeline", _OF_BUILD + "/{timelineId}"),
    ("7859261e-d2e9-4a68-b820-a5d84cc5bb3d", "pipelines", "runs",
     "{project}/_apis/pipelines/{pipelineId}/{resource}/{runId}"),
    ("53df2d18-29ea-46a9-bee0-933540f80abf", "pipelines", "preview",
     "{project}/_apis/pipelines/{pipelineId}/{resource}"),
    ("fb1b6d27-3957-43d5-a14b-a2d70403e545", "pipelines", "logs", _OF_RUN + "/{logId}"),
    ("85023071-bd5e-4438-89b0-2a5bf362a19d", "pipelines", "artifacts", _OF_RUN),
    ("37794717-f36f-4d78-b2bf-4dc30d0cfbcd", "pipelines", "approvals",
     "{project}/_apis/pipelines/{resource}/{approvalId}"),
    ("28e1305e-2afe-47bf-abaf-cbb0e6a91988", "pipelines", "pipelines",
     "{project}/_apis/{resource}/{pipelineId}"),
    ("dad91cbe-d183-45f8-9c6e-9c1164472121", "policy", "configurations",
     _OF_PROJECT + "/{configurationId}"),
    ("28010c54-d0c0-4c89-a5b0-1c9e188b9fb7", "IMS", "identities", "_apis/{resource}/{identityId}"),
    ("fb0da285-f23e-4b56-8b53-3ef5f9f6de66", "ExtensionManagement", "installedextensionsbyname",
     _OF_ALL + "/{publisherName}/{extensionName}/{version}"),
)  # fmt: skip
_ELSEWHERE = {"IMS": PEOPLE, "ExtensionManagement": EXTENSIONS}
"""Areas of the table that another host has."""
RESOURCE_VERSION = 7
"""The highest revision of a preview that clients of 7.1 ask for."""


def locations(host: str) -> dict[str, Any]:
    """The answer to ``OPTIONS _apis``: what this host has, and where it tells of the others."""
    value = [
        {
            "id": key,
            "area": area,
            "resourceName": resource,
            "routeTemplate": template,
            "resourceVersion": RESOURCE_VERSION,
            "minVersion": "1.0",
            "maxVersion": "7.2",
            "releasedVersion": "7.1",
        }
        for key, area, resource, template in _TABLE
        if area == "Location" or _ELSEWHERE.get(area, HOST) == host
    ]
    return {"count": len(value), "value": value}
