"""The page of a cloud's own address."""

from __future__ import annotations

from modelyard.local.cloud.admin import page

STATUS = {
    "url": "http://127.0.0.1:8123",
    "state": "/home/somebody/state",
    "hosts": {"entra": ["login.microsoftonline.com"], "mlflow": [], "other": ["<b>"]},
    "services": {
        "entra": {"tenant": "hidden", "issued": 3},
        "mlflow": {"ui": "http://127.0.0.1:9000", "state": "hidden"},
        "other": {"elsewhere": "http://127.0.0.10:1/hidden"},
    },
}


def test_names_the_services_and_links_their_pages() -> None:
    text = page.text(STATUS)

    assert "<td>Microsoft Entra sign-in</td><td>login.microsoftonline.com</td><td></td>" in text
    assert '<a href="http://127.0.0.1:9000">http://127.0.0.1:9000</a>' in text
    assert "modelyard local status" in text
    assert "&lt;b&gt;" in text


def test_says_nothing_that_the_cloud_keeps() -> None:
    text = page.text(STATUS)

    assert "hidden" not in text
    assert "somebody" not in text
