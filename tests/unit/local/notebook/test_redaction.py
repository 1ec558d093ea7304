"""Secrets stay out of output."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.notebook.redaction import (
    REPLACEMENT,
    Redactor,
    forms,
    secrets_in,
    without_url_credentials,
)


@given(st.text(min_size=4, max_size=40).filter(lambda value: len(value.strip()) >= 4))
def test_every_form_is_replaced(value: str) -> None:
    redactor = Redactor([value])
    for form in (
        value,
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
        base64.b64encode(value.encode()).decode(),
        quote(value, safe=""),
    ):
        # What the text around a secret may add to it is redacted first; nothing of it is left.
        assert redactor.text(form) == REPLACEMENT


def test_lines_of_a_longer_secret() -> None:
    redactor = Redactor(["-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n"])
    assert redactor.text("key is MIIEvQIBADAN.") == f"key is {REPLACEMENT}."


def test_longer_secrets_first() -> None:
    assert Redactor(["abcd", "abcdefgh"]).text("abcdefgh") == REPLACEMENT


@pytest.mark.parametrize("value", ["", "abc", "  a  "])
def test_too_short_to_redact(value: str) -> None:
    assert forms(value) == set()
    assert Redactor([value]).text("abc a") == "abc a"


def test_secrets_in_variables() -> None:
    found = secrets_in(
        {
            "DATABRICKS_TOKEN": "tok-1",
            "AZURE_CLIENT_SECRET": "sec-1",
            "DB_PASSWORD": "pass-1",
            "PIP_INDEX_URL": "https://someone:pass-2@index.example/simple",
            "LAKE": "abfss://container@account.dfs.core.windows.net/x",
            "PATH": "/bin",
        }
    )
    assert {"tok-1", "sec-1", "pass-1", "someone:pass-2", "pass-2"} <= set(found)
    assert "container" not in found
    assert "/bin" not in found


def test_credentials_in_urls() -> None:
    text = "Looking in https://user:pw@index.example/simple and https://other.example"
    assert without_url_credentials(text) == (
        "Looking in https://****@index.example/simple and https://other.example"
    )
