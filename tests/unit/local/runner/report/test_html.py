from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.runner.report.html import Html, file_link, join, outside_link, tag, text


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.shown = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.shown += data


def _read(markup: str) -> _Elements:
    parser = _Elements()
    parser.feed(markup)
    parser.close()
    return parser


@given(st.text(), st.text())
def test_no_text_becomes_markup(content: str, attribute: str) -> None:
    found = _read(tag("p", content, title=attribute))
    assert [name for name, _ in found.found] == ["p"]
    assert list(found.found[0][1]) == ["title"]


def test_attributes() -> None:
    assert tag("a", "x", class_="b", aria_label='"', open=True, id=None, hidden=False) == (
        '<a class="b" aria-label="&quot;" open>x</a>'
    )
    assert tag("br") == "<br>"
    assert tag("path", d="M0 0") == '<path d="M0 0"/>'


def test_markup_is_kept_and_text_is_not() -> None:
    assert join([Html("<b>"), "<b>", None]) == "<b>&lt;b&gt;"
    assert text("a\x00\u202eb\u200b\tc") == "ab\tc"


def test_links_lead_to_the_web_or_to_files_of_the_run() -> None:
    assert outside_link("https://a.example/?q=%22", "x").startswith('<a href="https://a.example')
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//a.example",
        "https://a\u202e",
        "h[://",
    ):
        assert outside_link(url, "x") == "x"
    assert file_link("a b/c.txt", "x") == '<a href="a%20b/c.txt">x</a>'
    assert file_link("javascript:alert(1)", "x") == '<a href="javascript%3Aalert%281%29">x</a>'
    for path in ("/etc/passwd", "../x", "a/../../x", "", "a\\b"):
        assert file_link(path, "x") == "x"
