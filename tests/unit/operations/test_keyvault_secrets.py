from __future__ import annotations

import base64
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fake_vaults import BY_POLICY, BY_ROLE, IDENTITY, OBJECT, SCOPE, FakeVaults, fake_vaults
from modelyard import execution
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.github_actions import GitHubActions
from modelyard.clock import FakeClock
from modelyard.execution import execute
from modelyard.operations.keyvault_secrets import OPERATION
from modelyard.service_connection import WITH_SECRET, ServiceConnection

Run = Callable[..., int]
PEM = "-----BEGIN THING-----\nabcdefgh1234\nijklmnop5678\n-----END THING-----\n"


@pytest.fixture
def fake() -> Iterator[FakeVaults]:
    with fake_vaults() as found:
        yield found


@pytest.fixture
def run(recording_ci, clock: FakeClock, tmp_path: Path) -> Run:  # type: ignore[no-untyped-def]
    environment = {**IDENTITY, "RUNNER_TEMP": str(tmp_path)}

    def call(**inputs: str) -> int:
        given = {"vault": "wine", **{k.replace("_", "-"): v for k, v in inputs.items()}}
        return execute(OPERATION, given, recording_ci, environment=environment, clock=clock)

    return call


def test_names_a_mapping_and_other_vaults(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.put("wine", "databricks-token", "value-1")
    fake.put("shared", "storage-key", "value-2")
    version = fake.put("shared", "old-key", "value-3")
    secrets = ["databricks-token", "shared/storage-key", {"secret": f"shared/old-key/{version}"}]
    assert run(secrets=json.dumps(secrets)) == 0
    expected = {
        "DATABRICKS_TOKEN": "value-1",
        "STORAGE_KEY": "value-2",
        "OLD_KEY": "value-3",
    }
    assert recording_ci.variables == expected
    assert recording_ci.secret_variables == set(expected)
    assert json.loads(recording_ci.outputs["names"]) == list(expected)
    assert "DATABRICKS_TOKEN: from wine/databricks-token" in recording_ci.lines
    recording_ci.variables.clear()
    assert run(vault="", secrets="token: wine/databricks-token") == 0
    assert recording_ci.variables == {"token": "value-1"}


def test_a_filter_takes_what_can_be_used(fake, run, recording_ci, clock):  # type: ignore[no-untyped-def]
    now = int(clock.time())
    fake.put("wine", "db-user", "value-1")
    fake.put("wine", "db-off", "value-2", attributes={"enabled": False})
    fake.put("wine", "db-old", "value-3", attributes={"exp": now})
    fake.put("wine", "db-new", "value-4", attributes={"nbf": now + 9})
    fake.put("wine", "other", "value-5")
    fake.put("shared", "db-x", "value-6")
    assert run(filter="DB-*\nshared/*", prefix="WINE_") == 0
    assert recording_ci.variables == {"WINE_DB_USER": "value-1", "WINE_DB_X": "value-6"}
    for name, why in (("off", "disabled"), ("old", "expired"), ("new", "not valid yet")):
        assert f"wine/db-{name}: left out, {why}" in recording_ci.lines
    assert run(filter="nothing-*") == 2
    assert "no secret of the key vault wine fits nothing-*" in recording_ci.errors()[0]


def test_a_named_secret_is_given_its_name_once(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.put("wine", "a", "value-1")
    fake.put("wine", "b", "value-2")
    assert run(secrets="MY_NAME: a", filter="*") == 0
    assert recording_ci.variables == {"MY_NAME": "value-1", "B": "value-2"}
    recording_ci.variables.clear()
    asked = '["wine.vault.azure.net/A", "a", {"secret": "https://wine.vault.azure.net/a"}]'
    assert run(secrets=asked.replace("https://", ""), filter="*\nWINE/b*") == 0
    assert recording_ci.variables == {"A": "value-1", "B": "value-2"}


def test_all_are_masked_before_the_first_is_set(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.put("wine", "pem", PEM)
    fake.put("wine", "config", '{"user": "somebody", "nested": {"key": "leaf-value"}}')
    assert run(secrets='["pem", "config"]') == 0
    methods = [method for method, _ in recording_ci.events]
    masked = recording_ci.events[: methods.index("set_variable")]
    assert {PEM, "somebody", "leaf-value"} <= {text for what, text in masked if what == "mask"}


def test_json_becomes_a_value_for_each_thing(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    value = {
        "host": "db.example",
        "port": 5432,
        "users": ["one", "two"],
        "a-b": {"c": True, "d": None},
    }
    fake.put("wine", "db", json.dumps(value))
    fake.put("wine", "plain", "no { json")
    assert run(secrets='["db", "plain"]', json="flatten") == 0
    assert recording_ci.variables == {
        "DB_HOST": "db.example",
        "DB_PORT": "5432",
        "DB_USERS_0": "one",
        "DB_USERS_1": "two",
        "DB_A_B_C": "true",
        "PLAIN": "no { json",
    }
    assert run(secrets='[{"secret": "plain", "json": "flatten"}]') == 2
    assert "wine/plain is no JSON object" in recording_ci.errors()[0]
    recording_ci.variables.clear()
    assert run(secrets='[{"secret": "db", "json": "keep"}]', json="flatten") == 0
    assert recording_ci.variables == {"DB": json.dumps(value)}


@pytest.mark.parametrize(
    ("value", "both"),
    [
        ({"a-b": "x", "a_b": "y"}, '"a-b" and "a_b"'),
        ({"a": "x", "A": "y"}, '"a" and "A"'),
        ({"a": {"b": "x"}, "a.b": "y"}, '"a"."b" and "a.b"'),
        ({"a": ["x"], "a-0": "y"}, '"a".0 and "a-0"'),
    ],
)
def test_keys_of_one_secret_that_would_have_one_name(fake, run, recording_ci, value, both):  # type: ignore[no-untyped-def]
    fake.put("wine", "db", json.dumps(value))
    assert run(secrets='["db"]', json="flatten") == 2
    (text,) = recording_ci.errors()
    assert f"would be both {both} of the JSON of wine/db" in text
    assert "fix: rename one of the keys in the secret, or set json to keep for it" in text


def test_a_key_of_a_secret_and_another_secret_of_one_name(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.put("wine", "db", '{"user": "value-1"}')
    fake.put("wine", "db-user", "value-2")
    assert run(secrets='["db", "db-user"]', json="flatten") == 2
    (text,) = recording_ci.errors()
    assert "DB_USER would be both wine/db (DB_USER) and wine/db-user" in text
    assert "fix: give one of them another name in secrets" in text


ODD = {"tls": True, "port": 5432, "none": None, "short": "abc", "word": "leaf-value", "on": False}


def test_what_is_no_text_in_a_secret_kept_whole_is_not_masked(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.put("wine", "db", json.dumps(ODD))
    assert run(secrets='["db"]') == 0
    assert set(recording_ci.masks) == {
        IDENTITY["AZURE_CLIENT_SECRET"],
        json.dumps(ODD),
        "leaf-value",
    }
    shown = "true false null 5432 abc"
    assert recording_ci.clean(shown) == shown


@pytest.mark.parametrize("deliver", ["variables", "output", "files"])
def test_what_flattening_hands_out_is_masked(fake, run, recording_ci, deliver):  # type: ignore[no-untyped-def]
    fake.put("wine", "db", json.dumps(ODD))
    assert run(secrets='["db"]', json="flatten", deliver=deliver) == 0
    assert recording_ci.clean("5432 leaf-value null abc") == "*** *** null abc"


@pytest.mark.parametrize("deliver", ["variables", "output", "files"])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{}", "wine/db is JSON that holds no value"),
        ('{"a": null, "b": [""]}', "wine/db is JSON that holds no value"),
        (r'{"a": "x\ud800y"}', "wine/db (DB_A) has half of a surrogate pair"),
        (r'{"a": "x\u0000y"}', "wine/db (DB_A) has a NUL character"),
        ("x\ud800y", "wine/db has half of a surrogate pair"),
        ("x\0y", "wine/db has a NUL character"),
    ],
)
def test_values_that_nothing_can_hold(fake, run, recording_ci, value, problem, deliver):  # type: ignore[no-untyped-def]
    fake.put("wine", "db", value)
    assert run(secrets='["db"]', json="flatten", deliver=deliver) == 2
    (text,) = recording_ci.errors()
    assert problem in text
    assert "  fix: store " in text
    assert recording_ci.variables == {}
    assert "folder" not in recording_ci.outputs


def test_no_file_where_nothing_that_fits_can_be_used(fake, run, recording_ci, tmp_path):  # type: ignore[no-untyped-def]
    fake.put("wine", "db", "value-1", attributes={"enabled": False})
    assert run(filter="*", deliver="files") == 0
    assert recording_ci.outputs == {"names": "[]"}
    assert list(tmp_path.iterdir()) == []


def test_one_output_with_all_of_them(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.put("wine", "a", PEM)
    assert run(secrets='["a"]', deliver="output") == 0
    assert recording_ci.secret_outputs == {"values"}
    assert json.loads(recording_ci.outputs["values"]) == {"A": PEM}
    assert recording_ci.variables == {}


def test_files_that_the_release_step_shreds(fake, run, recording_ci, tmp_path, clock):  # type: ignore[no-untyped-def]
    fake.put("wine", "pem", PEM)
    raw = bytes(range(256))
    encoded = base64.b64encode(raw).decode()
    fake.put("wine", "cert", encoded, contentType="application/x-pkcs12")
    fake.put("wine", "blob", base64.encodebytes(raw).decode())  # in lines, as base64(1) has it
    secrets = '["pem", "cert", {"secret": "blob", "encoding": "base64"}]'
    assert run(secrets=secrets, deliver="files") == 0
    folder = Path(recording_ci.outputs["folder"])
    assert folder.parent == tmp_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    paths = {name: Path(path) for name, path in recording_ci.variables.items()}
    assert {name: path.read_bytes() for name, path in paths.items()} == {
        "PEM": PEM.encode(),
        "CERT": raw,
        "BLOB": raw,
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths.values()} == {0o600}
    assert recording_ci.secret_variables == set()

    environment = dict(IDENTITY)
    (tmp_path / "link").hardlink_to(paths["PEM"])
    assert execution.release(OPERATION, {}, recording_ci, environment=environment, clock=clock) == 0
    assert not folder.exists()
    assert (tmp_path / "link").read_bytes() != PEM.encode()
    assert (tmp_path / "link").stat().st_size == len(PEM)
    assert "3 files of secrets: overwritten and deleted" in recording_ci.lines
    assert recording_ci.outputs["folder"] == ""
    assert execution.release(OPERATION, {}, recording_ci, environment=environment, clock=clock) == 0


def _released(recording_ci, clock, environment):  # type: ignore[no-untyped-def]
    return execution.release(OPERATION, {}, recording_ci, environment=environment, clock=clock)


def test_modes_of_files_keep_none_of_them(fake, run, recording_ci, clock, monkeypatch):  # type: ignore[no-untyped-def]
    for name in ("a", "b", "c"):
        fake.put("wine", name, "value-1")
    assert run(filter="*", deliver="files") == 0
    folder = Path(recording_ci.outputs["folder"])
    (folder / "B").chmod(0o400)
    (folder / "more").mkdir()
    (folder / "more" / "copy").write_text("value-1")
    (folder / "more").chmod(0o500)
    folder.chmod(0o500)
    modes, folders = [], []
    opened, listed = Path.open, Path.iterdir

    def as_a_user(path: Path, *arguments: str) -> object:  # root may open what has no such mode
        modes.append(stat.S_IMODE(path.stat().st_mode))
        if not modes[-1] & stat.S_IWUSR:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments)

    def seen(path: Path) -> object:
        folders.append(stat.S_IMODE(path.stat().st_mode))
        return listed(path)

    monkeypatch.setattr(Path, "open", as_a_user)
    monkeypatch.setattr(Path, "iterdir", seen)
    assert _released(recording_ci, clock, IDENTITY) == 0
    assert modes == [0o600] * 4
    assert folders == [0o700] * 2, "nothing in a folder can be deleted by a user that can't write"
    assert not folder.exists()


def test_what_can_not_be_deleted_is_named_and_the_rest_is_gone(  # type: ignore[no-untyped-def]
    fake, run, recording_ci, clock, monkeypatch
):
    for name in ("a", "b", "c", "d"):
        fake.put("wine", name, "value-1")
    assert run(filter="*", deliver="files") == 0
    folder = Path(recording_ci.outputs["folder"])
    opened, unlinked = Path.open, Path.unlink

    def refusing(path: Path, *arguments: str) -> object:
        if path.name in ("A", "B"):
            raise PermissionError(1, "Operation not permitted", str(path))
        return opened(path, *arguments)

    def keeping(path: Path) -> None:
        if path.name == "B":
            raise PermissionError(1, "Operation not permitted", str(path))
        unlinked(path)

    monkeypatch.setattr(Path, "open", refusing)
    monkeypatch.setattr(Path, "unlink", keeping)
    assert _released(recording_ci, clock, IDENTITY) == 3
    (text,) = recording_ci.errors()
    assert f"{folder / 'A'}: deleted, but not overwritten, Operation not permitted" in text
    assert f"{folder / 'B'}: stays, Operation not permitted" in text
    assert [path.name for path in folder.iterdir()] == ["B"]
    monkeypatch.undo()
    assert _released(recording_ci, clock, IDENTITY) == 0  # what is kept is still known
    assert not folder.exists()


def test_files_are_shredded_also_where_an_input_is_wrong_by_then(fake, run, recording_ci, clock):  # type: ignore[no-untyped-def]
    fake.put("wine", "a", "value-1")
    assert run(filter="*", deliver="files") == 0
    folder = Path(recording_ci.outputs["folder"])
    assert _released(recording_ci, clock, {"ARM_ENVIRONMENT": "AzureCloud"}) == 0
    assert not folder.exists()


def test_on_a_terminal_the_folder_that_stays_is_named(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    fake.put("wine", "a", "value-1")
    assert run(filter="*", deliver="files") == 0
    assert recording_ci.warnings() == []
    recording_ci.releases_later = False
    assert run(filter="*", deliver="files") == 0
    folder = recording_ci.outputs["folder"]
    (told,) = recording_ci.warnings()
    assert f"nobody deletes {folder}" in told
    assert f"rm -r {folder}" in told
    assert "MODELYARD_JOB" in told
    assert (Path(folder) / "A").exists()


def test_every_folder_of_a_job_is_shredded_whatever_becomes_of_one(  # type: ignore[no-untyped-def]
    fake, run, recording_ci, clock, tmp_path
):
    fake.put("wine", "a", "value-1")
    folders = []
    for _ in range(2):
        assert run(filter="*", deliver="files") == 0
        folders.append(Path(recording_ci.outputs["folder"]))
    (tmp_path / "precious").write_text("x")
    recording_ci.state["folder 0"] = str(tmp_path)
    assert _released(recording_ci, clock, IDENTITY) == 3
    assert [one.exists() for one in folders] == [False, False]
    assert "2 files of secrets: overwritten and deleted" in recording_ci.lines
    assert (tmp_path / "precious").exists()


def test_only_its_own_folder_is_shredded(recording_ci, clock, tmp_path):  # type: ignore[no-untyped-def]
    (tmp_path / "precious").write_text("x")
    recording_ci.state["folder"] = str(tmp_path)
    assert execution.release(OPERATION, {}, recording_ci, environment=IDENTITY, clock=clock) == 3
    assert (tmp_path / "precious").exists()


def test_everything_that_is_wrong_at_once(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    for name in ("a", "b"):
        fake.refuse("wine", name, 403, BY_ROLE, "ForbiddenByRbac")
    fake.refuse("wine", "c", 403, BY_POLICY, "ForbiddenByPolicy")
    fake.put("wine", "e", "value-e-of-wine")
    assert run(secrets='["a", "b", "c", "d", "e"]') == 17
    (text,) = recording_ci.errors()
    assert text.startswith("4 secrets can't be read:\n  reading wine/a answered 403")
    assert "reading wine/d answered 404 SecretNotFound" in text
    assert text.count("az role assignment create") == 1
    assert f"--assignee-object-id {OBJECT} --assignee-principal-type ServicePrincipal" in text
    assert f"--scope {SCOPE}\n" in text
    assert "az keyvault set-policy --name wine" in text
    assert recording_ci.variables == {}
    assert "value-e-of-wine" not in recording_ci.text


def test_errors_of_one_kind_keep_their_exit_code(fake, run, recording_ci):  # type: ignore[no-untyped-def]
    assert run(secrets='["a", "b"]') == 14
    assert recording_ci.errors()[0].startswith("2 secrets can't be read:")


def test_an_expired_secret_is_used_and_said_to_be(fake, run, recording_ci, clock):  # type: ignore[no-untyped-def]
    fake.put("wine", "a", "value-1", attributes={"exp": int(clock.time()) - 1})
    assert run(secrets='["a"]') == 0
    assert recording_ci.warnings() == ["the secret wine/a is expired, and used"]


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({}, "neither secrets nor filter"),
        ({"vault": "a b", "secrets": '["a"]'}, "can't be a key vault"),
        ({"vault": "", "secrets": '["a"]'}, "no vault is named for the secret a"),
        ({"vault": "", "filter": "a-*"}, "no vault is named"),
        ({"secrets": '["a_b"]'}, "doesn't name a secret"),
        ({"secrets": '["https://x/y/z"]'}, "doesn't name a secret"),
        ({"secrets": '{"a b": "c"}'}, "can't name a variable"),
        (
            {"secrets": '[{"secret": "a", "encode": "x"}]'},
            "write what is known here: secret, name, encoding, json",
        ),
        ({"secrets": '[{"secret": "a", "json": "x"}]'}, "json is 'x', not one of keep, flatten"),
        ({"secrets": "[3]"}, "write a list of names, or a mapping"),
        ({"secrets": '["a"]', "parallel": "11"}, "parallel is 11"),
        ({"secrets": '["a", "shared/a"]'}, "A would be both wine/a and shared/a"),
        ({"secrets": '[{"secret": "a", "json": {}}]'}, "json is {}, not one of keep, flatten"),
        ({"secrets": '["a"]', "prefix": "a b;="}, "prefix is 'a b;='; a variable has letters"),
        ({"secrets": '["path"]'}, "would set the variable PATH"),
        ({"filter": "ld-*"}, "would set the variable LD_PRELOAD"),
        ({"secrets": '["empty"]'}, "the secret wine/empty is empty"),
        (
            {"secrets": '[{"secret": "a", "encoding": "base64"}]', "deliver": "files"},
            "isn't base64",
        ),
    ],
)
def test_what_is_refused(fake, run, recording_ci, inputs, problem):  # type: ignore[no-untyped-def]
    value = "some-values?xy"  # 12 letters: base64 but for the rest
    for name in ("a", "path", "ld-preload"):
        fake.put("wine", name, value)
    fake.put("shared", "a", value)
    fake.put("wine", "empty", "")
    assert run(**inputs) == 2
    (text,) = recording_ci.errors()
    assert problem in text
    assert "some-value" not in recording_ci.text
    assert recording_ci.variables == {}


@pytest.mark.parametrize(
    ("secret", "value", "name"),
    [
        ("ld", {"preload": "some-value"}, "LD_PRELOAD"),
        ("node", {"options": "some-value"}, "NODE_OPTIONS"),
        ("git", {"ssh": {"command": "some-value"}}, "GIT_SSH_COMMAND"),
        ("git", {"config": {"global": "some-value"}}, "GIT_CONFIG_GLOBAL"),
        ("pip", {"index-url": "some-value"}, "PIP_INDEX_URL"),
        ("npm", {"config": ["some-value"]}, "NPM_CONFIG_0"),
        ("databricks", {"host": "some-value"}, "DATABRICKS_HOST"),
        ("https", {"proxy": "some-value"}, "HTTPS_PROXY"),
    ],
)
@pytest.mark.parametrize("more", [{"filter": "*"}, {"secrets": "SECRET"}])
def test_no_key_of_a_secret_steers_programs(  # type: ignore[no-untyped-def]
    fake, run, recording_ci, secret, value, name, more
):
    fake.put("wine", secret, json.dumps(value))
    named = json.dumps({secret.upper(): secret})
    inputs = {key: named if key == "secrets" else text for key, text in more.items()}
    assert run(json="flatten", **inputs) == 2
    (text,) = recording_ci.errors()
    assert f"wine/{secret} ({name}) would set the variable {name}" in text
    assert recording_ci.variables == {}


STEERING = [
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_EXEC_PATH",
    "GIT_CONFIG_COUNT",
    "AZURE_AUTHORITY_HOST",
    "ALL_PROXY",
    "HTTP_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "DATABRICKS_HOST",
    "MODELYARD_INDEX",
    "PIP_CONFIG_FILE",
    "NPM_CONFIG_REGISTRY",
    "GITHUB_TOKEN",
]
LOADED = [
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "PYTHONPATH",
    "PYTHONWARNINGS",
    "PATH",
    "NODE_OPTIONS",
    "BASH_ENV",
    "PERL5LIB",
    "PROMPT_COMMAND",
    "JAVA_TOOL_OPTIONS",
    "DOTNET_STARTUP_HOOKS",
    "PERL5OPT",
    "RUBYOPT",
    "path",
]


@pytest.mark.parametrize("name", [*STEERING, *LOADED])
def test_the_author_alone_may_name_what_steers_programs(fake, run, recording_ci, name):  # type: ignore[no-untyped-def]
    secret = name.lower().replace("_", "-")
    fake.put("wine", secret, "some-value")
    assert run(filter="*") == 2
    assert f"would set the variable {name.upper()}" in recording_ci.errors()[0]
    assert recording_ci.variables == {}
    assert run(secrets=json.dumps({name: secret})) == (2 if name in LOADED else 0)
    assert recording_ci.variables == ({} if name in LOADED else {name: "some-value"})


def test_nobody_signs_in(fake, recording_ci, clock):  # type: ignore[no-untyped-def]
    given = {"vault": "wine", "secrets": '["a"]'}
    assert execute(OPERATION, given, recording_ci, environment={}, clock=clock) == 2
    (told,) = recording_ci.errors()
    assert "no credential is given" in told
    assert "service-principal" in told


def test_a_service_connection_signs_in(fake, recording_ci, clock):  # type: ignore[no-untyped-def]
    fake.put("wine", "a", "value-1")
    recording_ci.connections["id-1"] = ServiceConnection(
        "id-1", WITH_SECRET, IDENTITY["AZURE_TENANT_ID"], "client-1", "made-up-secret-0123"
    )
    given = {"vault": "wine", "secrets": '["a"]', "azure-service-connection": "id-1"}
    assert execute(OPERATION, given, recording_ci, environment={}, clock=clock) == 0
    assert recording_ci.variables == {"A": "value-1"}


def test_what_each_agent_is_told(fake, clock, tmp_path, capsys):  # type: ignore[no-untyped-def]
    fake.put("wine", "pem", PEM)
    given = {"vault": "wine", "secrets": '["pem"]'}
    files = {name: str(tmp_path / name) for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE")}
    environment = {**IDENTITY, **files}
    assert execute(OPERATION, given, GitHubActions(environment), environment=environment) == 0
    written = (tmp_path / "GITHUB_ENV").read_text()
    assert written.startswith("PEM<<modelyard_")
    assert PEM in written
    shown = capsys.readouterr().out
    assert "::add-mask::abcdefgh1234" in shown

    assert execute(OPERATION, given, AzurePipelines(IDENTITY), environment=IDENTITY) == 0
    shown = capsys.readouterr().out
    escaped = PEM.replace("\n", "%0A")
    line = f"##vso[task.setvariable variable=PEM;issecret=true;]{escaped}\n"
    assert line in shown
    assert shown.index("##vso[task.setsecret]abcdefgh1234\n") < shown.index(line)
