"""pip's settings and messages."""

from __future__ import annotations

import json

from modelyard.local.notebook import pip_command
from modelyard.local.notebook.pip_command import environment_for_pip, settings, shortened


def test_settings_of_the_user_come_back_for_pip() -> None:
    user = {"HOME": "/home/me", "PIP_INDEX_URL": "https://index.example", "HTTPS_PROXY": "http://p"}
    run = {
        "HOME": "/cluster/home",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "PATH": "/bin",
        pip_command.VARIABLE: settings(user),
    }
    found = environment_for_pip(run)
    assert found["HOME"] == "/home/me"
    assert found["HTTPS_PROXY"] == "http://p"
    assert "HTTP_PROXY" not in found  # the user has none: pip must not go through the cloud's
    assert found["PIP_INDEX_URL"] == "https://index.example"
    assert found["PATH"] == "/bin"
    assert found["PIP_NO_INPUT"] == "1"


def test_nothing_is_installed_outside_of_the_environment() -> None:
    found = environment_for_pip({"PIP_USER": "1", "PIP_TARGET": "/x", "PIP_PREFIX": "/y"})
    assert not {"PIP_USER", "PIP_TARGET", "PIP_PREFIX"} & set(found)


def test_settings_are_json_with_only_what_pip_needs() -> None:
    values = json.loads(settings({"SECRET_THING": "x", "PIP_CERT": "/c"}))
    assert values["PIP_CERT"] == "/c"
    assert "SECRET_THING" not in values


def test_message_is_short_and_without_credentials() -> None:
    output = (
        "Looking in indexes: https://me:hidden@index.example/simple\n"
        "Collecting nothing\n"
        * 50
        + "ERROR: Could not find a version of x at https://me:hidden@h/?token=hidden&a=1\n"
        "ERROR: No matching distribution found for x\n"
    )
    message = shortened(output)
    assert "hidden" not in message
    assert message.splitlines() == [
        "ERROR: Could not find a version of x at https://****@h/?token=****&a=1",
        "ERROR: No matching distribution found for x",
    ]
    assert shortened("a\n\nb\n") == "a\nb"
    assert len(shortened("ERROR: " + "x" * 9000)) < 1600
