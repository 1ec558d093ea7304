"""What the section azure-devops may hold; nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.ci.terminal import Terminal
from modelyard.clock import FakeClock
from modelyard.errors import FileError
from modelyard.masking import Masker
from modelyard.project import devops, document, tenant
from modelyard.project.fields import Mistakes, Section
from modelyard.project.surroundings import Surroundings

WHOLE = """\
azure-devops:
  organization: contoso
  project: wine
"""


def mistakes_of(folder: Path, more: str, *, with_az: bool = False) -> list[str]:
    """What a file is told, without its places."""
    path = folder / "modelyard.yml"
    path.write_text(WHOLE + more, encoding="utf-8")
    found = Mistakes()
    root = Section(document.read(path), "", ("azure", "azure-devops"), found)
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
    with pytest.raises(FileError) as caught:
        devops.plan(section, surroundings)
    lines = caught.value.what.splitlines()
    return [line.split(": ", 1)[1] for line in (lines[1:] if len(lines) > 1 else lines)]


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
                "azure.client-id; with azure.application, --with-az finds or makes it",
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
             "container-registry, github (did you mean azure?)"],
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
                "azure-devops.environments[0].approval.minimum is 2, of 1 approvers",
                "azure-devops.environments has two called A",
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
                "azure-devops.environments[0].pipelines and all-pipelines exclude each other",
                "azure-devops.pipelines has none called b, which environment a is for",
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
            ["azure-devops.pipelines has none called a, which validates"],
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_at_once(tmp_path: Path, more: str, told: list[str]) -> None:
    assert mistakes_of(tmp_path, more) == told


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
    wanted = devops.read(section, tenant.read(root), with_az=False)
    found.check()
    assert [one.name for one in wanted.pipelines] == ["wine-quality"]
