from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.paging import bounded, page_of


@given(count=st.integers(0, 60), size=st.integers(1, 20))
def test_following_the_tokens_gives_every_item_once(count: int, size: int) -> None:
    items = list(range(count))
    found: list[int] = []
    token = ""
    while True:
        page = page_of(items, size, token)
        found += page.items
        token = page.next_token
        if not token:
            break
    assert found == items


def test_tokens_lead_back_too() -> None:
    first = page_of("abcdef", 2)
    second = page_of("abcdef", 2, first.next_token)
    assert second.items == "cd"
    assert page_of("abcdef", 2, second.previous_token).items == "ab"
    assert first.tokens().keys() == {"next_page_token"}
    assert page_of("abcdef", 2, offset=4).tokens().keys() == {"prev_page_token"}


@pytest.mark.parametrize("token", ["%%%", "eA==", "Zm9vOjE="])
def test_a_token_that_no_page_gave_is_refused(token: str) -> None:
    with pytest.raises(ApiError, match="page token"):
        page_of("abc", 1, token)


def test_bounds_are_named() -> None:
    assert bounded("limit", 25, 1, 25) == 25
    with pytest.raises(ApiError, match="limit must be between 1 and 25, but was 26"):
        bounded("limit", 26, 1, 25)
