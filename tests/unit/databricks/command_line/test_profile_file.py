from __future__ import annotations

import configparser
import stat
from pathlib import Path

import pytest

from modelyard.databricks.command_line import profile_file, profiles
from modelyard.databricks.command_line.profile_file import Profile
from modelyard.errors import FileError, InputError
from modelyard.operation import Input, Member

DEV = Profile("dev", "https://adb-1.1.azuredatabricks.net", "made-up-1")
PROD = Profile("DEFAULT", "https://adb-2.2.azuredatabricks.net", "made-up-2")


def test_only_its_owner_can_read_it_and_the_command_line_understands_it(tmp_path: Path) -> None:
    path = profile_file.new_path(tmp_path)
    profile_file.write(path, [PROD, DEV])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    parser = configparser.ConfigParser()
    parser.read(path)
    assert dict(parser["dev"]) == {"host": DEV.host, "token": "made-up-1"}
    assert parser.defaults()["token"] == "made-up-2"


def test_modelyards_own_profiles_option_understands_it(tmp_path: Path) -> None:
    path = profile_file.new_path(tmp_path)
    profile_file.write(path, [PROD, DEV])
    look = profiles.source("DEFAULT", {"DATABRICKS_CONFIG_FILE": str(path)})
    token = Member("token", str, required=False, default=None, spec=Input(help=""))
    assert look(token) == "made-up-2"


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = profile_file.new_path(tmp_path)
    path.write_text("somebody's", encoding="utf-8")
    with pytest.raises(FileError, match="can't be written"):
        profile_file.write(path, [DEV])
    assert path.read_text(encoding="utf-8") == "somebody's"


def test_two_paths_are_never_the_same(tmp_path: Path) -> None:
    assert profile_file.new_path(tmp_path) != profile_file.new_path(tmp_path)


def test_shredding_overwrites_before_it_removes(tmp_path: Path) -> None:
    path = profile_file.new_path(tmp_path)
    profile_file.write(path, [DEV])
    other_name = tmp_path / "hard-link"
    other_name.hardlink_to(path)
    assert profile_file.shred(path) is True
    assert not path.exists()
    assert set(other_name.read_bytes()) == {0}
    assert profile_file.shred(path) is False


def test_nothing_else_is_ever_shredded(tmp_path: Path) -> None:
    path = tmp_path / ".databrickscfg"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(FileError, match="left alone"):
        profile_file.shred(path)
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        ([Profile("a b", "h", "t")], "'a b' is no name"),
        ([Profile("a]\nhost", "h", "t")], "is no name"),
        ([DEV, DEV], "two profiles dev"),
        ([Profile("dev", "h", "abc\ntoken = x")], "the token of the profile dev"),
        ([Profile("dev", "h", "per%cent")], "the token of the profile dev"),
        ([Profile("dev", "h", "")], "the token of the profile dev"),
    ],
)
def test_what_would_break_the_file_is_refused(found: list[Profile], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        profile_file.check(found)
    assert "abc" not in caught.value.what


def test_a_profile_never_shows_its_token() -> None:
    assert "made-up" not in repr(DEV)
