"""The page of endpoints."""

from __future__ import annotations

from modelyard.local.cloud.endpoints import pages


def endpoint(name: str) -> dict[str, object]:
    deployment = {"state": "Healthy", "traffic": 80, "image": "r/wine@sha256:1", "deployed": "now"}
    return {"name": name, "scoring_uri": "http://x", "deployments": {"blue": deployment}}


def test_a_row_for_each_deployment() -> None:
    found = pages.overview([endpoint("wine"), endpoint("beer")])
    assert found.count("<tr><td>") == 2
    for text in ("wine", "beer", "blue, 80 %", "r/wine@sha256:1"):
        assert text in found


def test_nothing_in_a_name_is_html() -> None:
    found = pages.overview([endpoint("<script>alert(1)</script>")])
    assert "<script>" not in found
    assert "&lt;script&gt;" in found


def test_an_empty_page_says_what_makes_an_endpoint() -> None:
    assert "model-deploy" in pages.overview([])
