"""Names of images, taken apart and put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import InputError
from modelyard.images import reference
from modelyard.images.reference import ImageReference

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wine", ImageReference("wine")),
        ("wine:1", ImageReference("wine", tag="1")),
        ("team/wine", ImageReference("team/wine")),
        ("localhost/wine:1", ImageReference("wine", "localhost", "1")),
        ("localhost:5000/a/b", ImageReference("a/b", "localhost:5000")),
        ("127.0.0.1:5000/wine:1", ImageReference("wine", "127.0.0.1:5000", "1")),
        ("[::1]:5000/wine", ImageReference("wine", "[::1]:5000")),
        ("x.azurecr.io/a/b:v1.0", ImageReference("a/b", "x.azurecr.io", "v1.0")),
        (f"x.azurecr.io/a@{DIGEST}", ImageReference("a", "x.azurecr.io", digest=DIGEST)),
        (f"wine:1@{DIGEST}", ImageReference("wine", tag="1", digest=DIGEST)),
    ],
)
def test_names_are_read_and_written_back(text: str, expected: ImageReference) -> None:
    assert reference.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Wine", "'Wine' is not a repository"),
        ("wine:", "'' is not a tag"),
        ("wine:a b", "'a b' is not a tag"),
        ("wine@sha256:12", "'sha256:12' is not a digest"),
        ("wine@", "'' is not a digest"),
        ("x..io/wine//a", "'wine//a' is not a repository"),
        ("-x.io/wine", "'-x.io' is not a registry"),
        ("x.io/../wine", "'../wine' is not a repository"),
        ("", "'' is not a repository"),
        ("a/" * 200 + "a", "is not a repository"),
    ],
)
def test_what_is_wrong_is_named(text: str, named: str) -> None:
    with pytest.raises(InputError) as refused:
        reference.parse(text)
    assert named in refused.value.cause
    assert refused.value.fix


def test_docker_hub_is_reached_at_its_own_host() -> None:
    official, own = reference.parse("python:3.11-slim"), reference.parse("docker.io/team/wine")
    assert (official.api_host, official.api_repository) == (
        "registry-1.docker.io",
        "library/python",
    )
    assert (own.api_host, own.api_repository) == ("registry-1.docker.io", "team/wine")
    elsewhere = reference.parse("x.azurecr.io/wine")
    assert (elsewhere.api_host, elsewhere.api_repository) == ("x.azurecr.io", "wine")


def test_the_digest_selects_before_the_tag_and_the_tag_before_latest() -> None:
    assert reference.parse(f"wine:1@{DIGEST}").version == DIGEST
    assert reference.parse("wine:1").version == "1"
    assert reference.parse("wine").version == "latest"


def test_a_pinned_name_has_no_tag_that_could_move() -> None:
    assert str(reference.parse("x.io/wine:1").at(DIGEST)) == f"x.io/wine@{DIGEST}"


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_never_changed(text: str) -> None:
    try:
        found = reference.parse(text)
    except InputError:
        return
    assert str(found) == text.strip()
