from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.errors import FileError, InputError
from modelyard.project import document, tenant
from modelyard.project.fields import Mistakes, Section
from modelyard.project.roles import Role
from modelyard.project.secret_values import SecretReference

FILE = """\
# A comment.
azure-devops:
  organization: wine
  variableGroups:
    - name: plain
      variables: {MODEL: wine, retries: 3, on: true, since: 2024-01-31}
      secrets:
        token: env:TOKEN
  pipelines: [{name: train}, {name: deploy}]
"""


def written(folder: Path, text: str, name: str = "modelyard.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def section(
    folder: Path, text: str = FILE, *settings: str, known: tuple[str, ...] = ()
) -> tuple[Section, Mistakes]:
    mistakes = Mistakes()
    root = Section(document.read(written(folder, text), settings), "", ("azure-devops",), mistakes)
    keys = known or ("organization", "variable-groups", "pipelines", "project")
    found = root.section("azure-devops", keys)
    assert found is not None
    return found, mistakes


def told(mistakes: Mistakes) -> str:
    with pytest.raises(FileError) as caught:
        mistakes.check()
    return caught.value.what


def test_both_spellings_and_plain_values(tmp_path: Path) -> None:
    found, mistakes = section(tmp_path)
    (group,) = found.sections("variable-groups", ("name", "variables", "secrets"))

    assert found.text("organization") == "wine"
    assert group.plain_values("variables") == {
        "MODEL": "wine",
        "retries": "3",
        "on": "true",
        "since": "2024-01-31",
    }
    assert group.secrets("secrets") == {"token": SecretReference("env:TOKEN")}
    mistakes.check()


def test_json_is_read_as_well(tmp_path: Path) -> None:
    text = json.dumps({"azure-devops": {"organization": 'a "quoted" \u00e9'}}, indent=1)
    found, _ = section(tmp_path, text)

    assert found.text("organization") == 'a "quoted" \u00e9'


def test_settings_are_laid_over_the_file_in_both_spellings(tmp_path: Path) -> None:
    found, mistakes = section(
        tmp_path,
        FILE,
        "azureDevops.project=New",
        "azure-devops.pipelines[1].name=release",
        "azure-devops.variable-groups[0].variables.MODEL=other",
    )

    assert found.text("project") == "New"
    assert [one.text("name") for one in found.sections("pipelines", ("name",))] == [
        "train",
        "release",
    ]
    (group,) = found.sections("variable-groups", ("name", "variables", "secrets"))
    assert group.plain_values("variables")["MODEL"] == "other"
    mistakes.check()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("novalue", "isn't KEY=VALUE"),
        ("a..b=1", "isn't KEY=VALUE"),
        ("azure-devops.pipelines[2].name=x", r"there is no \[2\]"),
        ("azure-devops.organization.name=x", "isn't a mapping"),
    ],
)
def test_settings_that_cant_be(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        document.read(written(tmp_path, FILE), [setting])


def test_a_setting_that_isnt_right_is_named(tmp_path: Path) -> None:
    _, mistakes = section(tmp_path, FILE, "azure-devops.projekt=New")

    assert told(mistakes) == (
        "--set azure-devops.projekt: there is no key azure-devops.projekt (did you mean project?)"
    )


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    text = "azure-devops:\n  organisation: wine\n  pipelines:\n    - naem: train\n"
    found, mistakes = section(tmp_path, text)
    for one in found.sections("pipelines", ("name",)):
        one.text("name", required=True)
    found.text("project", required=True)

    path = tmp_path / "modelyard.yml"
    assert told(mistakes).splitlines() == [
        "4 things are wrong:",
        f"  {path}:1: azure-devops.project is missing",
        f"  {path}:2: there is no key azure-devops.organisation (did you mean organization?)",
        f"  {path}:4: there is no key azure-devops.pipelines[0].naem (did you mean name?)",
        f"  {path}:4: azure-devops.pipelines[0].name is missing",
    ]
    with pytest.raises(FileError) as caught:
        mistakes.check()
    assert (caught.value.file, caught.value.line) == (str(path), 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"modelyard.yml:1:5: this isn't YAML or JSON"),
        ("a: 1\na: 2", r"modelyard.yml:2:1: .*a is there twice"),
        ("a: &x [*x]", "refers to itself"),
        ("- 1", "isn't a mapping"),
        ("", "isn't a mapping"),
        ("a: !!python/name:os.system x", "could not determine a constructor"),
    ],
)
def test_files_that_cant_be_read(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        document.read(written(tmp_path, text))


def test_a_file_that_isnt_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"can't be read: No such file"):
        document.read(tmp_path / "none.yml")


@pytest.mark.parametrize("value", ["real-secret-1234", "env:not a name", "keyvault://v", "1234"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, value: str) -> None:
    text = f"azure-devops:\n  secrets:\n    token: '{value}'\n"
    found, mistakes = section(tmp_path, text, known=("secrets",))
    assert found.secrets("secrets") == {}

    what = told(mistakes)
    assert "modelyard.yml:3: azure-devops.secrets.token" in what
    assert "write env:NAME or keyvault://VAULT/NAME" in what
    assert value not in what.replace("keyvault://VAULT", "")


def test_the_section_of_azure(tmp_path: Path) -> None:
    text = """\
azure:
  tenantId: 11111111-2222-3333-4444-55555555555A
  application: modelyard
  roles: [{role: Reader, scope: /subscriptions/a/}]
"""
    mistakes = Mistakes()
    root = Section(document.read(written(tmp_path, text)), "", ("azure",), mistakes)
    found = tenant.read(root)
    mistakes.check()

    assert found is not None
    assert found.tenant_id == "11111111-2222-3333-4444-55555555555a"
    assert found.roles == (Role("Reader", "/subscriptions/a"),)


def test_a_section_of_azure_that_is_wrong(tmp_path: Path) -> None:
    text = "azure: {tenant-id: contoso, roles: [{scope: here}]}"
    mistakes = Mistakes()
    tenant.read(Section(document.read(written(tmp_path, text)), "", ("azure",), mistakes))

    what = told(mistakes)
    assert "azure.tenant-id isn't an id" in what
    assert "azure.roles[0].role is missing" in what
    assert "azure.roles[0].scope is here, which no role can be for" in what
    assert "azure.roles needs azure.application" in what


def test_json_is_read_as_json(tmp_path: Path) -> None:
    """With tabs, and with a character that is escaped in two halves."""
    path = written(tmp_path, '{\n\t"a": "\\ud83d\\ude00\\t",\n\t"b": {"c": "d"}\n}\n')
    found = document.read(path)
    assert found.content["a"].content == "\U0001f600\t"
    assert found.content["b"].where == f"{path}:3"


def test_a_merge_key_brings_what_the_mapping_does_not_say_itself(tmp_path: Path) -> None:
    text = "a: &first {name: one, more: 1}\nb:\n  <<: *first\n  name: two\n"
    found = document.read(written(tmp_path, text)).content["b"].content
    assert {key: one.content for key, one in found.items()} == {"name": "two", "more": 1}
    with pytest.raises(FileError, match="name is there twice"):
        document.read(written(tmp_path, text + "  name: three\n"))
