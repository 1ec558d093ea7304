"""The throw-away secrets of a state folder."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.exceptions import CorruptState


def test_they_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first = load_or_create(tmp_path)
    assert load_or_create(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600


def test_each_state_folder_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a, b = load_or_create(tmp_path / "a"), load_or_create(tmp_path / "b")
    assert a.databricks_token != b.databricks_token
    assert a.admin_key != b.admin_key
    assert a.client_secret != b.client_secret
    assert a.tenant_id != b.tenant_id


def test_secrets_are_not_shown_by_accident(tmp_path: Path) -> None:
    credentials = load_or_create(tmp_path)
    assert credentials.client_secret not in repr(credentials)
    assert credentials.databricks_token not in repr(credentials)
    assert credentials.admin_key not in repr(credentials)


@pytest.mark.parametrize("text", ["", "nothing", "[]", "{}", '{"unknown": 1}'])
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "credentials.json").write_text(text)
    with pytest.raises(CorruptState, match=r"credentials\.json is damaged$"):
        load_or_create(tmp_path)
