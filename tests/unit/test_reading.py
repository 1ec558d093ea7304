from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from modelyard.errors import FileError, InputError
from modelyard.operation import Operation, Structure, given, result
from modelyard.reading import (
    environment_source,
    mapping_source,
    nearest,
    parse,
    read_inputs,
    secrets_of,
    structure,
    to_text,
)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    name: str = given("A name.")
    url: str | None = given("An address.", default=None, environment=("FIRST_URL", "URL"))
    token: str | None = given("A token.", default=None, secret=True, environment=("TOKEN",))
    script: str = given("A script.", default="", multiline=True)
    count: int = given("How many.", default=3)
    minutes: float = given("How long.", default=30.0)
    dry_run: bool = given("Whether.", default=False)
    mode: str = given("How.", default="append", choices=("append", "overwrite", "fail"))
    paths: tuple[str, ...] = given("Paths.", default=())
    settings: Structure | None = given("Settings.", default=None)
    listed: Structure | None = given("Names.", default=None, names=True)
    hidden: Structure | None = given("Secrets.", default=None, secret=True)
    keys: tuple[str, ...] = given("Secrets.", default=(), secret=True)
    allowed: tuple[str, ...] = given(
        "What alone.", default=(), guards=True, environment=("ALLOWED",)
    )


@dataclass(frozen=True)
class Outputs:
    state: str | None = result("Set always.")


OPERATION: Operation[Inputs, Outputs] = Operation(
    name="reading",
    title="Read",
    description="It reads.",
    group="checks",
    task_id="00000000-0000-4000-8000-000000000000",
    inputs=Inputs,
    outputs=Outputs,
    run=lambda inputs, context: Outputs(),
)


def read(**values: str) -> Inputs:
    given_values = {name.replace("_", "-"): value for name, value in values.items()}
    return read_inputs(OPERATION, [mapping_source({"name": "x", **given_values})])


def test_defaults() -> None:
    assert read() == Inputs(name="x")


@pytest.mark.parametrize("text", ["true", "True", "YES", "on", "1", " true "])
def test_true(text: str) -> None:
    assert read(dry_run=text).dry_run is True


@pytest.mark.parametrize("text", ["false", "No", "OFF", "0"])
def test_false(text: str) -> None:
    assert read(dry_run=text).dry_run is False


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("dry-run", "maybe", "dry-run is 'maybe', not true or false"),
        ("count", "3.5", "count is '3.5', not a whole number"),
        ("count", "many", "count is 'many', not a whole number"),
        ("minutes", "long", "minutes is 'long', not a number"),
        ("minutes", "inf", "minutes is 'inf', not a finite number"),
        ("minutes", "nan", "minutes is 'nan', not a finite number"),
        ("mode", "overwrit", "mode is 'overwrit', not one of append, overwrite, fail (did you "),
        ("mode", "zzz", "mode is 'zzz', not one of append, overwrite, fail"),
        ("paths", "[a, {b: c}]", "paths is not a list of texts"),
    ],
)
def test_what_does_not_fit_is_named_with_its_value(name: str, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_inputs(OPERATION, [mapping_source({"name": "x", name: text})])

    assert caught.value.what.startswith(said)
    assert caught.value.fix == "modelyard reading --help says what each input takes"


@pytest.mark.parametrize("text", ["just words", "null", "rmse=0.7", "rmse:0.7"])
def test_what_is_no_structure_is_told_how_one_is_written(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(settings=text)

    assert caught.value.what == "settings is neither a list nor a mapping, in YAML or JSON"
    assert caught.value.fix.startswith("a mapping is NAME: VALUE, one a line, with a blank behind")


def test_numbers() -> None:
    assert read(count=" 7 ").count == 7
    assert read(count="9" * 400).count == int("9" * 400)
    assert read(minutes="0.5").minutes == 0.5


def test_texts_lose_their_blanks_unless_they_have_lines() -> None:
    assert read(name=" x \n").name == "x"
    assert read(script="  a\n  b\n").script == "  a\n  b\n"


def test_a_secret_keeps_its_blanks_but_not_the_line_end_of_echo() -> None:
    assert read(token=" pass word \r\n").token == " pass word "


@pytest.mark.parametrize("text", ["a\nb", " a \n\n b \n", '["a", "b"]', "[a, b]"])
def test_lists(text: str) -> None:
    assert read(paths=text).paths == ("a", "b")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        ("a, b,", ["a", "b"]),
        ("a b\nvault/c\n", ["a", "b", "vault/c"]),
        ("12", ["12"]),
        ("[a, b]", ["a", "b"]),
        ("- a\n- b", ["a", "b"]),
        ("A: a", {"A": "a"}),
    ],
)
def test_names_alone_are_a_list_of_them(text: str, names: Any) -> None:
    found = read_inputs(OPERATION, [mapping_source({"name": "n", "listed": text})])
    assert found.listed == names


def test_a_list_of_numbers_is_one_of_texts() -> None:
    assert read(paths="[1, true, 1.5]").paths == ("1", "true", "1.5")


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_empty_is_not_set(empty: str) -> None:
    assert read(count=empty, paths=empty, settings=empty, mode=empty) == Inputs(name="x")
    with pytest.raises(InputError, match="name is missing or empty"):
        read(name=empty)


@pytest.mark.parametrize("nothing", ["[]", "[ ]", '[""]', "[' ', '']", " ", "\n", " \n\t"])
def test_a_guard_that_is_given_and_holds_nothing_does_not_open(nothing: str) -> None:
    for source in (
        mapping_source({"name": "n", "allowed": nothing}),
        environment_source({"ALLOWED": nothing}),
    ):
        with pytest.raises(InputError, match="allowed is given and holds nothing") as caught:
            read_inputs(OPERATION, [source, mapping_source({"name": "n"})])
        assert "leave allowed out" in caught.value.fix


def test_a_guard_that_is_left_out_or_empty_allows_everything() -> None:
    for sources in (
        [mapping_source({"name": "n", "allowed": ""})],
        [mapping_source({"name": "n"}), environment_source({"ALLOWED": ""})],
    ):
        assert read_inputs(OPERATION, sources).allowed == ()
    assert read_inputs(OPERATION, [mapping_source({"name": "n", "allowed": "a\n"})]).allowed == (
        "a",
    )


def test_an_empty_option_lets_the_environment_speak() -> None:
    sources = [mapping_source({"name": "x", "url": ""}), environment_source({"URL": "https://x"})]

    assert read_inputs(OPERATION, sources).url == "https://x"


def test_the_first_source_and_the_first_variable_win() -> None:
    environment = environment_source({"FIRST_URL": "first", "URL": "second"})
    assert read_inputs(OPERATION, [mapping_source({"name": "x"}), environment]).url == "first"

    environment = environment_source({"FIRST_URL": "", "URL": "second"})
    assert read_inputs(OPERATION, [mapping_source({"name": "x"}), environment]).url == "second"

    sources = [mapping_source({"name": "x", "url": "given"}), environment]
    assert read_inputs(OPERATION, sources).url == "given"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    values = {"count": "many", "dry-run": "maybe", "settings": "nowhere.json"}
    with pytest.raises(InputError) as caught:
        read_inputs(OPERATION, [mapping_source(values)], ["modes"])

    assert caught.value.what.splitlines()[:4] == [
        "5 inputs are wrong:",
        "  there is no input modes (did you mean mode?)",
        "  name is missing or empty",
        "  count is 'many', not a whole number",
    ]
    assert "dry-run is 'maybe'" in caught.value.what
    assert "settings names nowhere.json, which can't be read" in caught.value.what


def test_a_missing_input_names_the_variable_it_can_come_from() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Needy:
        token: str = given("A token.", secret=True, environment=("A_TOKEN", "B_TOKEN"))

    needy = dataclasses.replace(OPERATION, inputs=Needy)
    with pytest.raises(InputError, match=r"token is missing or empty \(nor is A_TOKEN, B_TOKEN s"):
        read_inputs(needy, [])


# Structures.


@for_all(
    st.recursive(
        st.lists(st.none() | st.booleans() | st.integers() | st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_read_as_json(value: Any) -> None:
    for ascii_only in (True, False):
        assert structure("x", json.dumps(value, ensure_ascii=ascii_only)) == value


def test_yaml_in_place() -> None:
    assert read(settings="a: 1\nb: [x, y]\n").settings == {"a": 1, "b": ["x", "y"]}


def test_a_date_stays_the_text_that_json_has() -> None:
    assert structure("x", "day: 2024-01-31\nat: 2024-01-31T10:00:00Z") == {
        "day": "2024-01-31",
        "at": "2024-01-31T10:00:00Z",
    }


@pytest.mark.parametrize("name", ["settings.json", "settings.YML", "my settings.yaml"])
def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text('{"a": 1}')

    assert read(settings=f" {name}\n").settings == {"a": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("path: library.json", {"path": "library.json"}),
        ("- library.json", ["library.json"]),
        ("[a.json]", ["a.json"]),
        ('{"a": "b.json"}', {"a": "b.json"}),
    ],
)
def test_one_line_that_only_ends_like_a_file(text: str, value: Any) -> None:
    assert read(settings=text).settings == value


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(
        FileError, match=r"settings names nowhere\.json, which can't be read: No su"
    ):
        read(settings="nowhere.json")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match=r"x\.json isn't UTF-8 text"):
        read(settings=str(path))


def test_a_mistake_in_a_file_has_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("a: 1\nb: [1,\nc: 2}\n")
    with pytest.raises(FileError, match=rf"{path}:3:\d+: this isn't YAML or JSON: ") as caught:
        read(settings=str(path))

    assert (caught.value.file, caught.value.line) == (str(path), 3)


def test_a_mistake_in_place_has_line_and_column() -> None:
    with pytest.raises(FileError, match=r"input settings:2:1: this isn't YAML"):
        read(settings="{a: 1,\n]")


def test_a_mistake_in_a_secret_quotes_nothing_of_it() -> None:
    with pytest.raises(FileError) as caught:
        read(hidden="a: *made-up-secret")

    assert "made-up" not in "\n".join(caught.value.lines())


# Secrets.


def test_the_values_of_secrets_wherever_they_are() -> None:
    inputs = read(
        token="dapi-made-up",
        hidden="scope: prod\nvalues: {a: pass-1, b: 12345, c: true, d: null, e: ['pass-2']}",
        keys="key-1\nkey-2",
        name="public",
    )

    assert secrets_of(inputs) == [
        "dapi-made-up", "prod", "pass-1", "12345", "pass-2", "key-1", "key-2",
    ]  # fmt: skip


def test_no_secret_no_value() -> None:
    assert secrets_of(read()) == []


# Outputs as text, and names.


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"), (3, "3"), (0.5, "0.5"), (True, "true"), (False, "false"),
        ({"a": [1, None]}, '{"a": [1, null]}'), (("ü", "b"), '["ü", "b"]'), ([], "[]"),
        ({"path": Path("a/b")}, '{"path": "a/b"}'),
    ],
)  # fmt: skip
def test_outputs_are_text(value: Any, text: str) -> None:
    assert to_text(value) == text


def test_the_nearest_name() -> None:
    assert nearest("cluster-nam", ["cluster-name", "node-type"]) == " (did you mean cluster-name?)"
    assert nearest("zzz", ["cluster-name"]) == ""


@pytest.mark.parametrize("member", OPERATION.input_members, ids=lambda member: member.kebab)
@for_all(text=st.text(max_size=50))
def test_no_text_is_an_unexpected_error(member: Any, text: str) -> None:
    with suppress(InputError, FileError):
        parse(member, text)


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "[" * 100_000, "a: &a {b: *a}\n"])
def test_a_value_without_end_is_refused(text: str) -> None:
    with pytest.raises(FileError, match="nested too deep, or refers to itself"):
        structure("sweep", text)


def test_a_file_that_holds_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.yml").write_text("")
    member = next(one for one in OPERATION.input_members if one.type is Structure)
    with pytest.raises(FileError, match=r"empty\.yml holds neither"):
        parse(member, "empty.yml")


def test_a_variable_that_the_pipeline_lacks_is_no_value() -> None:
    sources = [mapping_source({"name": "x"}), environment_source({"URL": "$(databricks-host)"})]
    with pytest.raises(InputError) as caught:
        read_inputs(OPERATION, sources)

    assert caught.value.what == (
        "URL is $(databricks-host): this job has no variable databricks-host"
    )
    assert "--secret databricks-host" in caught.value.fix
