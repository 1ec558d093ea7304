"""The command, with a platform of the test's own."""

from __future__ import annotations

import signal
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelyard import cli
from modelyard.errors import AlreadyExists, PermissionDenied, ServiceError
from modelyard.project import command
from modelyard.project.fields import Section
from modelyard.project.plan import Change, Link, Plan, change
from modelyard.project.secret_values import SecretReference
from modelyard.project.surroundings import Surroundings
from modelyard.project.tenant import Federation

FILE = """\
azure: {application: modelyard}
azure-devops:
  things: {a: 1, b: 2}
  secrets: {s: env:SETUP_SECRET}
"""


@dataclass
class Finalized:
    """A signal comes when nobody needs it any more, and is lost."""

    number: signal.Signals

    def __del__(self) -> None:
        signal.raise_signal(self.number)


class Service:
    """Things by name; a name in ``refused`` can't be written, and at ``stopped`` a signal comes."""

    KEYS = ("things", "secrets")

    def __init__(self) -> None:
        self.things: dict[str, str] = {}
        self.written: list[str] = []
        self.refused = ""
        self.refusal: ServiceError = PermissionDenied("no right to write it", fix="ask for it")
        self.stopped = ""
        self.signal = signal.SIGINT
        self.in_finalizer = False
        self.is_careless = True
        """It asks for all secrets at once, and says them."""
        self.warnings: tuple[str, ...] = ()

    def plan(self, section: Section, surroundings: Surroundings) -> Plan:
        things, secrets = section.plain_values("things"), section.secrets("secrets")
        section.mistakes.check()
        self._stop_at("plan")
        asked = secrets.values() if self.is_careless else ()
        values = [surroundings.secrets.value(one) for one in asked]
        surroundings.write(f"careless {values}")
        return Plan(
            "A service",
            tuple(self._change(name, value, secrets) for name, value in things.items()),
            self._links,
            self.warnings,
            federations=lambda: [Federation("f", "https://issuer", "subject", "audience")],
        )

    def _links(self) -> list[Link]:
        self._stop_at("links")
        return [Link("Home", "https://service")]

    def _stop_at(self, place: str) -> None:
        if place == self.stopped and self.in_finalizer:
            Finalized(self.signal)
        elif place == self.stopped:
            signal.raise_signal(self.signal)

    def _change(self, name: str, value: str, secrets: dict[str, SecretReference]) -> Change:
        found = {"value": self.things[name]} if name in self.things else None
        apply, needs = self._write(name, value), secrets.values()
        return change("thing", name, {"value": value}, found, apply, needs=needs)

    def _write(self, name: str, value: str) -> Callable[[], None]:
        def apply() -> None:
            self._stop_at(name)
            if name == self.refused:
                raise self.refusal
            self.things[name] = value
            self.written.append(name)

        return apply


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Service:
    found = Service()
    module = types.ModuleType("a_platform")
    module.__dict__.update(KEYS=found.KEYS, plan=found.plan)
    monkeypatch.setitem(sys.modules, "a_platform", module)
    monkeypatch.setitem(command.PLATFORMS, "azure-devops", "a_platform")
    monkeypatch.setenv("SETUP_SECRET", "value-of-secret")
    monkeypatch.chdir(tmp_path)
    Path("modelyard.yml").write_text(FILE, encoding="utf-8")
    return found


def run(*arguments: str) -> int:
    return cli.main(["setup", "azure-devops", *arguments])


def test_a_second_run_changes_nothing_and_says_so(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.things["b"] = "3"
    assert run() == 0
    first = capsys.readouterr().out
    assert "  + thing a\n      value: 1\n  ~ thing b\n      value: 3 -> 2\n" in first
    assert "1 to create, 1 to update, 0 as they should be" in first
    assert "created thing a\nupdated thing b\n" in first
    assert first.endswith("\n  Home  https://service\n")
    assert "az ad app create --display-name modelyard" in first

    assert run() == 0
    assert "nothing to change: all 2 are as the file has them" in capsys.readouterr().out
    assert service.written == ["a", "b"]


def test_a_dry_run_writes_nothing_and_check_tells_of_drift(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--dry-run") == 0
    assert run("--check") == 1
    assert service.written == []
    assert "2 to create" in capsys.readouterr().out

    assert run("--set", "azureDevops.things.a=7") == 0
    assert service.things["a"] == "7"
    assert run("--check", "--set=azure-devops.things.a=7") == 0
    assert run("--check") == 1


def test_check_finds_what_cant_be_put_right_from_here(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    assert run("--check") == 0
    service.warnings = ("the extension isn't installed",)
    assert run("--check") == 1
    assert "warning: the extension isn't installed" in capsys.readouterr().out
    assert run("--dry-run") == 0
    assert run() == 0


def test_a_dry_run_misses_a_secret_as_the_real_one_does(
    service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.is_careless = False
    monkeypatch.delenv("SETUP_SECRET")
    assert run() == 2
    real = capsys.readouterr()
    assert run("--dry-run") == 2
    dry = capsys.readouterr()
    assert dry.err == real.err
    assert dry.err.startswith("the environment variable SETUP_SECRET isn't set, or is empty\n")
    assert "2 to create" in dry.out
    assert "az ad app create" in dry.out
    assert run("--check") == 1

    service.things = {"a": "1", "b": "2"}  # then nothing needs it
    assert run("--dry-run") == 0
    assert service.written == []


def test_no_secret_is_printed(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    out = capsys.readouterr().out
    assert "careless ['***']" in out
    assert "value-of-secret" not in out


def test_a_secret_that_stands_in_what_is_there_is_not_printed_either(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.is_careless = False
    service.things["a"] = "https://user:value-of-secret@host"
    assert run("--check") == 1
    assert "https://user:***@host" in capsys.readouterr().out


def test_no_part_of_an_error_shows_a_secret(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.refused, shown = "a", "value-of-secret is at fault"
    service.refusal = PermissionDenied(shown, cause=shown, fix=shown)
    assert run() == 11
    assert capsys.readouterr().err.splitlines()[:3] == [
        "thing a: *** is at fault",
        "  cause: *** is at fault",
        "  fix: *** is at fault",
    ]


def test_a_refusal_in_the_middle_says_what_is_done(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.refused = "b"
    assert run() == 28
    assert capsys.readouterr().err.splitlines()[:4] == [
        "thing b: no right to write it",
        "1 of 2 changes are done, this one and those after it aren't",
        f"  cause: {PermissionDenied.cause}",
        "  fix: ask for it; then run this again: it goes on from here",
    ]
    service.refused = ""
    assert run() == 0
    assert service.written == ["a", "b"]


def test_what_somebody_else_made_meanwhile_is_told_so(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    for refused, code in (("a", 15), ("b", 28)):
        service.refused, service.refusal = refused, AlreadyExists("it is there")
        assert run() == code
        told = capsys.readouterr().err
        assert "cause: somebody, or another run of this command, made it in the meantime" in told
        assert "fix: look at what is there (--dry-run shows the difference)" in told
        assert told.count("run this again") == 1


def test_a_refusal_at_once_is_itself(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.refused = "a"
    assert run() == 11
    assert "thing a: no right to write it" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_says_what_is_done(
    service: Service, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    service.stopped, service.signal = "b", number
    assert run() == 128 + number
    printed = capsys.readouterr()
    assert "created thing a" in printed.out
    assert printed.err == (
        f"stopped by {number.name}: 1 of 2 changes are done, and maybe thing b; run this again: "
        "it looks and goes on from there\n"
    )
    service.stopped = ""
    assert run() == 0
    assert service.written == ["a", "b"]


def test_a_signal_before_the_first_change_says_that_nothing_was_done(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.stopped = "plan"
    assert run() == 130
    assert capsys.readouterr().err == "stopped by SIGINT: nothing was changed\n"
    assert service.written == []


@pytest.mark.parametrize(
    ("lost_at", "said", "written"),
    [
        ("plan", "nothing was changed", []),
        ("a", "0 of 2 changes are done, and maybe thing a", ["a"]),
    ],
)
def test_a_signal_that_a_finalizer_has_lost_stops_it_at_the_next_line(
    service: Service,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    lost_at: str,
    said: str,
    written: list[str],
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda _told: None)
    service.stopped, service.in_finalizer = lost_at, True
    assert run() == 130
    assert said in capsys.readouterr().err
    assert service.written == written


def test_a_signal_after_the_last_change_says_that_all_is_done(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.stopped = "links"
    assert run() == 130
    assert capsys.readouterr().err == "stopped by SIGINT: all 2 changes are done\n"


def test_bicep_without_what_it_is_made_of_is_refused_before_anything_is_done(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("modelyard.yml").write_text(FILE.partition("\n")[2], encoding="utf-8")
    assert run("--bicep", "tenant.bicep") == 2
    assert "needs the section azure" in capsys.readouterr().err
    assert service.written == []


@pytest.mark.parametrize("path", ["none/tenant.bicep", "."])
def test_bicep_that_could_not_be_written_is_refused_before_anything_is_done(
    service: Service, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    assert run("--bicep", path) == 2
    assert f"--bicep {path} isn't a file in a folder that is there" in capsys.readouterr().err
    assert service.written == []


def test_somebodys_file_is_not_written_over_but_an_earlier_one_is(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("tenant.bicep").write_text("param location string\n", encoding="utf-8")
    assert run("--bicep", "tenant.bicep") == 2
    assert "isn't a file that this command has written" in capsys.readouterr().err
    assert Path("tenant.bicep").read_text(encoding="utf-8") == "param location string\n"
    assert run("--bicep", "other.bicep") == run("--bicep", "other.bicep") == 0


def test_the_bicep_file_is_written_only_with_the_changes(service: Service, tmp_path: Path) -> None:
    assert run("--dry-run", "--bicep", "tenant.bicep") == 0
    assert not Path("tenant.bicep").exists()
    assert run("--bicep", "tenant.bicep") == 0
    assert "issuer: 'https://issuer'" in (tmp_path / "tenant.bicep").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--file", "none.yml"], 3, "none.yml can't be read"),
        (["--dry"], 2, "unrecognized arguments: --dry"),
        (["--set", "a"], 2, "isn't KEY=VALUE"),
        (["--set", "azure-devops=3"], 3, "azure-devops isn't a mapping"),
        (["--set", "azure-devops.thing=3"], 3, "did you mean things?"),
        (["--set", "azure-devops.things[7].name=a"], 2, "fix: set the whole list"),
        (["--set", "azure-devops.secrets.s=env:SETUP_NONE"], 2, "SETUP_NONE isn't set"),
    ],
)
def test_bad_input_is_one_clear_error(
    service: Service,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    assert run(*arguments) == code
    assert message in capsys.readouterr().err
    assert service.written == []


def test_a_platform_that_isnt_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["setup", "azure-devop"]) == 2
    assert "did you mean azure-devops?" in capsys.readouterr().err


def test_a_file_without_the_section(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    Path("modelyard.yml").write_text("github: {}\n", encoding="utf-8")
    assert run() == 3
    assert "has no section azure-devops" in capsys.readouterr().err
