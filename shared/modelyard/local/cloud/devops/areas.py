"""Which host has which part of Azure DevOps: clients ask for it by the id of the part's area.

Source: learn.microsoft.com, "Work with URLs in extensions and integrations" (ids, and that nobody
has to sign in); MicrosoftDocs/vsts-rest-api-specs, the ``host`` of each specification of 7.1; ids
that neither has are those that azure-devops 7.1 asks for.
"""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.models import ORGANIZATION

HOST = "dev.azure.com"
PEOPLE, EXTENSIONS = "vssps.dev.azure.com", "extmgmt.dev.azure.com"
ANSWERING = (HOST, PEOPLE, EXTENSIONS)
"""Those that have something of an organization in a local cloud."""
DEPLOYMENT = "app.vssps.visualstudio.com"
"""Where the package looks for an area that an organization doesn't tell of."""
_OF_ORGANIZATION = {
    HOST: (
        ("5d6898bb-45ec-463f-95f9-54d49c71752e", "build"),
        ("965220d5-5bb9-42cf-8d67-9b146df2a5a4", "build"),
        ("79bea8f8-c898-4965-8c51-8bbc3966faa8", "collection"),
        ("8477aec9-a4c7-4bd4-a456-ba4c53c989cb", "Contribution"),
        ("79134c72-4a58-4b42-976c-04e7115f32bf", "core"),
        ("31c84e0a-3ece-48fd-a29d-100849af99ba", "dashboard"),
        ("a85b8835-c1a1-4aac-ae97-1c3d0ba72dbd", "distributedtask"),
        ("67349c8b-6425-42f2-97b6-0843cb037473", "favorite"),
        ("4e080c62-fa21-4fbc-8fef-2a10a2b38049", "git"),
        ("a81a0441-de52-4000-aa15-ff0e07bfbbaa", "pipelinePermissions"),
        ("2e0bf237-8973-4ec9-a581-9c3d679d1776", "pipelines"),
        ("4a933897-0488-45af-bd82-6fd3ad33f46a", "PipelinesChecks"),
        ("fb13a388-40dd-4a04-b530-013a739c72ef", "policy"),
        ("7658fa33-b1bf-4580-990f-fac5896773d3", "projectanalysis"),
        ("1814ab31-2f4f-4a9f-8761-f4d77dc5a5d7", "serviceendpoint"),
        ("3b95fb80-fdda-4218-b60e-1052d070ae6b", "test"),
        ("c2aa639c-3ccc-4740-b3b6-ce2a1e1d984e", "test"),
        ("8aa40520-446d-40e6-89f6-9c9f9ce44c48", "tfvc"),
        ("bf7d82a0-8aa5-4613-94ef-6172a5ea01f3", "wiki"),
        ("5264459e-e5e0-4bd8-b118-0985e68a4ec5", "wit"),
        ("1d4f49f9-02b9-4e26-b826-2cdb6195f2a9", "work"),
    ),
    PEOPLE: (
        ("4e40f190-2e3f-4d9f-8331-c7788e833080", "Graph"),
        ("bb1e7ec9-e901-4b68-999a-de7012b920f8", "Graph"),
        ("8a3d49b8-91f0-46ef-b33d-dda338c25db3", "IMS"),
        ("af68438b-ed04-4407-9eb6-f1dbae3f922e", "tokenAdmin"),
    ),
    EXTENSIONS: (("6c2b0933-3600-42ae-bf8b-93d4f7e83594", "ExtensionManagement"),),
    "almsearch.dev.azure.com": (("ea48a0a1-269c-42d8-b8ad-ddc8fcdcf578", "search"),),
    "artifacts.dev.azure.com": (("af607f94-69ba-4821-8159-f04e37b66350", "symbol"),),
    "auditservice.dev.azure.com": (("94ff054d-5ee1-413d-9341-3f4a7827de2e", "audit"),),
    "feeds.dev.azure.com": (("7ab4e64e-c4d8-4f50-ae73-5ef2e21642a5", "Packaging"),),
    "pkgs.dev.azure.com": (
        ("6f7f8c07-ff36-473c-bcf3-bd6cc9b6c066", "maven"),
        ("4c83cfc1-f33a-477e-a789-29d38ffca52e", "npm"),
        ("b3be7473-68ea-4a81-bfc7-9530baaa19ad", "nuget"),
        ("b40c1171-807a-493a-8f3f-5c26d5e2f5aa", "Provenance"),
        ("92f0314b-06c5-46e0-abe7-15fd9d13276a", "pypi"),
        ("2e504d18-2c0c-46f8-af8f-322d2af0068a", "sbom"),
        ("d397749b-f115-4027-b6dd-77a65dd10d21", "upack"),
    ),
    "vsaex.dev.azure.com": (("68ddce18-2501-45f1-a17b-7931a9922690", "MEM"),),
    "vsrm.dev.azure.com": (("efc2f575-36ef-48e9-b672-0c6fb4a48ac5", "Release"),),
    "vstmr.dev.azure.com": (("c83eaf52-edf3-4034-ae11-17d38f25404c", "testresults"),),
}
_OF_DEPLOYMENT = {
    DEPLOYMENT: (
        ("0d55247a-1c47-4462-9b1f-5e2125590ee6", "account"),
        ("8ccfef3d-2b87-4e99-8ccb-66e343d2daa8", "profile"),
    ),
    "marketplace.visualstudio.com": (("69d21c00-f135-441b-b5ce-3626378e0819", "gallery"),),
}
WITHOUT = sorted({*_OF_ORGANIZATION, *_OF_DEPLOYMENT} - {*ANSWERING, DEPLOYMENT})
"""Those that have nothing in a local cloud, and say so."""
Json = dict[str, Any]


def of_organization() -> list[Json]:
    """``GET _apis/ResourceAreas``."""
    return [
        {"id": key, "name": name, "locationUrl": f"https://{host}/{ORGANIZATION}"}
        for host, areas in _OF_ORGANIZATION.items()
        for key, name in areas
    ]


def of_deployment() -> list[Json]:
    """The same of what isn't an organization's."""
    return [
        {"id": key, "name": name, "locationUrl": f"https://{host}"}
        for host, areas in _OF_DEPLOYMENT.items()
        for key, name in areas
    ]


def one(areas: list[Json], wanted: str) -> Json:
    """By its id. Raises DevOpsError."""
    for area in areas:
        if area["id"] == wanted.lower():
            return area
    raise exceptions.not_found("ResourceArea", wanted)
