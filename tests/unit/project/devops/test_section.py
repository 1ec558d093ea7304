"""What the section azure-devops may hold; nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.azure.identity import clouds
from modelyard.ci.terminal import Terminal
from modelyard.clock import FakeClock
from modelyard.errors import FileError
from modelyard.masking import Masker
from modelyard.project import devops, document, tenant
from modelyard.project.devops import service_connections
from modelyard.project.fields import Mistakes, Section
from modelyard.project.surroundings import Surroundings

WHOLE = """\
azure-devops:
  organization: contoso
  project: wine
"""


def mistakes_of(folder: Path, more: str, *, with_az: bool = False) -> list[str]:
    """What a file is told, without its places."""
    (folder / "modelyard.yml").write_text(WHOLE + more, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        plan_of(folder, with_az=with_az)
    lines = caught.value.what.splitlines()
    return [line.split(": ", 1)[1] for line in (lines[1:] if len(lines) > 1 else lines)]


def plan_of(folder: Path, *, with_az: bool = False) -> None:
    """Plans what the file in a folder says."""
    found = Mistakes()
    root = Section(document.read(folder / "modelyard.yml"), "", ("azure", "azure-devops"), found)
    section = root.section("azure-devops", devops.KEYS)
    assert section is not None
    surroundings = Surroundings(
        environment={},
        clock=FakeClock(),
        folder=folder,
        write=lambda _line: None,
        masker=Masker(),
        job=Terminal({}),
        tenant=tenant.read(root),
        with_az=with_az,
    )
    devops.plan(section, surroundings)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            "  service-connections: [{name: a}]",
            [
                "azure-devops.service-connections[0].tenant-id is missing, here and in "
                "azure.tenant-id",
                "azure-devops.service-connections[0].subscription-id is missing, here and in "
                "azure.subscription-id",
                "azure-devops.service-connections[0].client-id is missing, here and in "
                "azure.client-id: it is the appId that `az ad app create --display-name modelyard` "
                "prints (then `az ad sp create --id` with it); with azure.application, --with-az "
                "finds or makes it",
            ],
        ),
        (
            "  service-connections: [{name: a, type: container-registry}]",
            [
                "azure-devops.service-connections[0].secrets needs password: env:NAME or "
                "keyvault://VAULT/NAME",
                "azure-devops.service-connections[0].registry is missing",
                "azure-devops.service-connections[0].user is missing",
            ],
        ),
        (
            "  service-connections: [{name: a, type: azur, client-id: b}]",
            ["azure-devops.service-connections[0].type is azur, not one of azure, "
             "container-registry, github, generic (did you mean azure?)",
             "azure-devops.service-connections[0].client-id isn't an id such as "
             "11111111-2222-3333-4444-555555555555"],
        ),
        (
            "  service-connections: [{name: a, type: generic}]",
            ["azure-devops.service-connections[0].url is missing"],
        ),
        (
            "  service-connections: [{name: a, type: generic, url: 'https://user:pw@host/'}]",
            [
                "azure-devops.service-connections[0].url has more than an address: leave out user, "
                "password, ? and #"
            ],
        ),
        (
            "  service-connections: [{name: a, type: generic, url: 'https://host/?sig=pw'}]",
            [
                "azure-devops.service-connections[0].url has more than an address: leave out user, "
                "password, ? and #"
            ],
        ),
        (
            "  service-connections: [{name: a, type: generic, url: 'https://host/#pw'}]",
            [
                "azure-devops.service-connections[0].url has more than an address: leave out user, "
                "password, ? and #"
            ],
        ),
        (
            "  service-connections: [{name: a, type: generic, url: 'https://'}]",
            ["azure-devops.service-connections[0].url isn't the address of a server: https://HOST"],
        ),
        (
            "  service-connections: [{name: a, type: generic, url: 'https://my host'}]",
            ["azure-devops.service-connections[0].url isn't the address of a server: https://HOST"],
        ),
        (
            "  service-connections: [{name: a, type: generic, url: 'https://['}]",
            ["azure-devops.service-connections[0].url isn't the address of a server: https://HOST"],
        ),
        (
            "  repository: {type: github, name: OWNER/wine, service-connection: a}",
            [
                "azure-devops.repository.name is OWNER/wine: put the account that it belongs to in "
                "place of OWNER"
            ],
        ),
        (
            "  service-connections: [{name: a, type: generic, url: westeurope.api.azureml.ms}]",
            ["azure-devops.service-connections[0].url isn't the address of a server: https://HOST"],
        ),
        (
            "  variable-groups: [{name: a}]",
            ["azure-devops.variable-groups[0].variables is missing, and so are secrets and vault"],
        ),
        (
            "  variable-groups: [{name: a, vault: v, variables: {b: 1}}]",
            [
                "azure-devops.variable-groups[0].service-connection is missing",
                "azure-devops.variable-groups[0].variables can't be in a group that is linked to "
                "a vault",
                "azure-devops.variable-groups[0].vault-secrets is missing: the secrets of the "
                "vault that it has",
            ],
        ),
        (
            "  variable-groups: [{name: a, variables: {b: 1}, secrets: {b: env:B}}]",
            ["azure-devops.variable-groups[0].secrets.b is variables.b too: case doesn't count"],
        ),
        (
            "  variable-groups: [{name: a, variables: {b: [1]}}]",
            ["azure-devops.variable-groups[0].variables.b isn't a text"],
        ),
        (
            "  environments: [{name: a, approval: {minimum: 2, approvers: [b]}}, {name: A}]",
            [
                "azure-devops.environments[1].name is A, as that of azure-devops.environments[0] "
                "is",
                "azure-devops.environments[0].approval.minimum is 2, of 1 approvers",
            ],
        ),
        (
            "  environments: [{name: a, approval: {time-out-minutes: 99999, approvers: []}}]",
            [
                "azure-devops.environments[0].approval.time-out-minutes is 99999, not 1 to 43200",
                "azure-devops.environments[0].approval.approvers is missing: who approves",
            ],
        ),
        (
            "  environments: [{name: a, approval: {approvers: [b@c, B@C, [d], '']}}]",
            [
                "azure-devops.environments[0].approval.approvers has B@C twice",
                "azure-devops.environments[0].approval.approvers[2] isn't a text",
                "azure-devops.environments[0].approval.approvers[3] is empty",
            ],
        ),
        (
            "  environments: [{name: a, pipelines: [b], all-pipelines: true}]",
            [
                "azure-devops.environments[0].pipelines has b, which isn't in "
                "azure-devops.pipelines",
                "azure-devops.environments[0].pipelines and all-pipelines exclude each other",
            ],
        ),
        (
            "  pipelines: [{name: a, triggers: {paths: [b]}}, {name: c, triggers: never}]",
            [
                "azure-devops.pipelines[0].triggers.branches is missing: +main, -release/*",
                "azure-devops.pipelines[1].triggers is never, not one of file, none",
            ],
        ),
        (
            "  repository: {type: github, name: wine}\n  branch-policies: [{branch: main, "
            "reviewers: {minimum: 0}}]",
            [
                "azure-devops.repository.name isn't OWNER/NAME",
                "azure-devops.repository.service-connection is missing",
                "azure-devops.branch-policies[0].reviewers.minimum is 0, not 1 to more",
                "azure-devops.branch-policies are of Azure Repos: see github.branches for GitHub",
            ],
        ),
        (
            "  branch-policies: [{branch: main, build-validation: [{pipeline: a}]}]",
            [
                "azure-devops.branch-policies[0].build-validation[0].pipeline has a, which isn't "
                "in azure-devops.pipelines",
            ],
        ),
        (
            "  branch-policies: [{branch: main}, {branch: main, build-validation: [{pipeline: A}, "
            "{pipeline: a}], required-reviewers: [{reviewers: [b]}, {reviewers: [c]}]}]\n"
            "  pipelines: [{name: a}]",
            [
                "azure-devops.branch-policies[1].branch is main, as that of "
                "azure-devops.branch-policies[0] is",
                "azure-devops.branch-policies[0].branch is main, and none of reviewers, "
                "build-validation, required-reviewers is there for it",
                "azure-devops.branch-policies[1].build-validation[1].pipeline is a, as that of "
                "azure-devops.branch-policies[1].build-validation[0] is",
                "azure-devops.branch-policies[1].required-reviewers[1].paths are those of another "
                "one: put the reviewers into one list",
            ],
        ),
        (
            "  service-connections: [{name: a, type: github, registry: b, secrets: {token: env:T, "
            "tokne: env:T}}]",
            [
                "azure-devops.service-connections[0].registry isn't of a connection of the type "
                "github",
                "azure-devops.service-connections[0].secrets.tokne isn't token",
            ],
        ),
        *(
            (
                f"  service-connections: [{{name: a, type: container-registry, user: b, "
                f"secrets: {{password: env:P}}, registry: '{registry}'}}]",
                [f"azure-devops.service-connections[0].registry {what}"],
            )
            for registry, what in (
                (
                    "https://bob:made-up-word@reg.example.com",
                    "has more than an address: leave out user, password, ? and #",
                ),
                ("bob@reg", "isn't the host of a registry: wine.azurecr.io, or https://HOST/"),
                ("http://reg", "isn't the host of a registry: wine.azurecr.io, or https://HOST/"),
            )
        ),
        (
            "  environments: [{nmae: a, x-y-z: b}]",
            [
                "there is no key azure-devops.environments[0].nmae (did you mean name?)",
                "there is no key azure-devops.environments[0].x-y-z; there are name, description, "
                "approval, pipelines, all-pipelines",
                "azure-devops.environments[0].name is missing",
            ],
        ),
        (
            "  variable-groups: [{name: a, variables: {b: 1}, vault-secrets: [c]}]\n"
            "  repository: {service-connection: d}",
            [
                "azure-devops.variable-groups[0].vault-secrets is of a group that is linked to a "
                "vault, and vault is missing",
                "azure-devops.repository.service-connection is of repositories of the type github",
            ],
        ),
        (
            "  pipelines: [{name: a, file: ../b.yml, triggers: {branches: ['-']}}]",
            [
                "azure-devops.pipelines[0].file is ../b.yml, no path of a file in the repository",
                "azure-devops.pipelines[0].triggers.branches has a sign without a name",
            ],
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_at_once(tmp_path: Path, more: str, told: list[str]) -> None:
    assert mistakes_of(tmp_path, more) == told


def test_a_pipeline_that_isnt_there_is_told_in_its_own_line(tmp_path: Path) -> None:
    more = """\
  environments:
    - name: production
      pipelines:
        - Train
        - trian
  pipelines: [{name: train}]
"""
    (told,) = mistakes_of(tmp_path, more)
    assert "has trian, which isn't in azure-devops.pipelines (did you mean train?)" in told
    with pytest.raises(FileError) as caught:
        plan_of(tmp_path)
    assert caught.value.line == 8


@pytest.mark.parametrize(
    ("organization", "told"),
    [
        ("con/toso", "neither a name nor https://dev.azure.com/NAME"),
        ("https://dev.azure.com/", "neither a name nor"),
        ("http://dev.azure.com/contoso", "isn't https"),
    ],
)
def test_what_is_no_organization(tmp_path: Path, organization: str, told: str) -> None:
    path = tmp_path / "modelyard.yml"
    path.write_text(WHOLE.replace("contoso", organization), encoding="utf-8")
    with pytest.raises(FileError, match=told):
        plan_of(tmp_path)


@pytest.mark.parametrize("name", ["examples/wine-quality/modelyard.yml", "docs/setup.md"])
def test_what_the_documentation_shows_has_no_mistake(name: str, tmp_path: Path) -> None:
    text = (Path(__file__).parents[4] / name).read_text(encoding="utf-8")
    if name.endswith(".md"):
        text = text.split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "modelyard.yml"
    path.write_text(text, encoding="utf-8")
    found = Mistakes()
    root = Section(document.read(path), "", ("azure", "azure-devops", "github"), found)
    section = root.section("azure-devops", devops.KEYS)
    assert section is not None
    wanted = devops.read(section, tenant.read(root), clouds.PUBLIC, with_az=False)
    found.check()
    assert [one.name for one in wanted.pipelines] == ["wine-quality"]


@pytest.mark.parametrize(
    ("cloud", "server"),
    [
        (clouds.PUBLIC, "wine.azurecr.io"),
        (clouds.US_GOVERNMENT, "wine.azurecr.us"),
        (clouds.CHINA, "wine.azurecr.cn"),
    ],
)
def test_a_registry_is_in_the_cloud_of_the_run(cloud: clouds.AzureCloud, server: str) -> None:
    resource = (
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/ml/providers/"
        "Microsoft.ContainerRegistry/registries/Wine"
    )
    given = {"name": "r", "type": "container-registry", "resource-id": resource}
    content = {key: document.Value(value, "modelyard.yml:1") for key, value in given.items()}
    section = Section(
        document.Value(content, "modelyard.yml:1"), "", service_connections.KEYS, Mistakes()
    )
    assert service_connections.read(section, None, False, (), cloud).registry == server
