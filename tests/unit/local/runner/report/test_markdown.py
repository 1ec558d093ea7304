from __future__ import annotations

import re
import time
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelyard import summary
from modelyard.local.runner.report.markdown import render

KNOWN = {
    "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td",
    "pre", "code", "blockquote", "hr", "br", "strong", "em", "del", "details", "summary", "div",
    "a",
}  # fmt: skip


@pytest.mark.parametrize(
    ("markdown", "markup"),
    [
        # GitHub Flavored Markdown specification
        ("# One\n\n#### Four ##", "<h3>One</h3><h6>Four</h6>"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p><p>three</p>"),
        ("*a* **b** ~~c~~ snake_case_name __d__", "<p><em>a</em> <strong>b</strong> <del>c</del> "
         "snake_case_name <strong>d</strong></p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        (r"\*a\* \<b", "<p>*a* &lt;b</p>"),
        ("`a*b*` ``c`d`` `open", "<p><code>a*b*</code> <code>c`d</code> `open</p>"),
        ("a<br>b<br/>c", "<p>a<br>b<br>c</p>"),
        ("&lt;i&gt; &amp; &#42; &nothing", "<p>&lt;i&gt; &amp; * &amp;nothing</p>"),
        ("```python\n<b>\n```", "<pre><code>&lt;b&gt;</code></pre>"),
        ("~~~\nopen", "<pre><code>open</code></pre>"),
        ("- a\n- b\n  - c\n\n1. d\n2) e", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"
         "<ol><li>d</li><li>e</li></ol>"),
        ("> a\n> b", "<blockquote><p>a\nb</p></blockquote>"),
        ("a\n\n---\n* * *", "<p>a</p><hr><hr>"),
        ("[a*b*](https://x.example/q)", '<p><a href="https://x.example/q" rel="noreferrer">'
         "a<em>b</em></a></p>"),
        ("[a](<https://x.example/(1)>)", '<p><a href="https://x.example/(1)" rel="noreferrer">'
         "a</a></p>"),
        ("[a](javascript:alert(1)) [b] [c](/d)", "<p>a [b] c</p>"),
        ('[a](https://x.example "title")', '<p><a href="https://x.example" rel="noreferrer">'
         "a</a></p>"),
        ("![a](https://x.example/p.png)", "<p>a</p>"),
        ("<https://x.example>", '<p><a href="https://x.example" rel="noreferrer">'
         "https://x.example</a></p>"),
        ("<!-- x -->\na<!-- y -->b", "<p>ab</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<details>\n<summary>a</summary>\n\n**b**\n</details>\nc",
         "<details><summary>a</summary><p><strong>b</strong></p></details><p>c</p>"),
    ],
)  # fmt: skip
def test_markdown(markdown: str, markup: str) -> None:
    assert render(markdown) == markup


def test_tables() -> None:
    assert render("| a | b |\n| --- | ---: |\n| `x\\|y` | 1 |\n| only |") == (
        '<div class="wide"><table><thead><tr><th>a</th><th class="number">b</th></tr></thead>'
        '<tbody><tr><td><code>x|y</code></td><td class="number">1</td></tr>'
        '<tr><td>only</td><td class="number"></td></tr></tbody></table></div>'
    )
    assert render("a | b\nno table") == "<p>a | b\nno table</p>"


@example("__0__")
@example("a__b")
@given(st.text())
def test_what_summaries_escape_is_shown_as_it_is(content: str) -> None:
    """modelyard.summary and this module mean the same Markdown."""
    shown = re.sub(r"<[^>]*>", "", render(summary.table(["h"], [[summary.escape(content)]])))
    printable = " ".join(summary._printable(content).split())
    assert unescape(shown) == f"h{printable}"


@given(st.text())
def test_code_of_summaries_is_shown_as_it_is(content: str) -> None:
    shown = re.sub(r"<[^>]*>", "", render(summary.table(["h"], [[summary.code(content)]])))
    printable = " ".join(summary._printable(content).split())
    assert unescape(shown) == f"h{printable}"


PIECES = st.sampled_from(
    ["<", ">", "<b>", "</p>", "<img src=x onerror=y>", "`", "```\n", "*", "_", "[", "](", ")", "|",
     "\n", "\n\n", "- ", "> ", "# ", "\\", "&lt;", "&", "<details>\n", "</details>\n", "<code>",
     "</code>", "<!--", "-->", "| --- |\n", "javascript:x", "https://x.example", '"', "'", "a"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_nothing_but_known_elements_comes_out(markdown: str) -> None:
    markup = render(markdown)
    names = re.findall(r"<(/?[a-zA-Z][^\s>]*)", markup)
    assert {name.lstrip("/") for name in names} <= KNOWN
    attributes = set(re.findall(r"<\w+((?: [^<>]*)?)>", markup)) - {""}
    allowed = r' class="(number|wide)"| href="https?://[^"<>]*" rel="noreferrer"'
    assert all(re.fullmatch(allowed, one) for one in attributes)


@pytest.mark.parametrize(
    "text",
    ["*a " * 6000, "[" * 20_000, "`" * 20_000, "<code>" * 3000, "> " * 5000, "- " * 5000,
     "<!--" * 5000, "a|b\n|-|\n" * 5000, "\\|" * 9999, "_a" * 9999, "*a" * 9999, "**a " * 4999,
     "![](" * 4999, " ".join("`" * one for one in range(1, 190)), "[](<" * 4999, "&a" * 9999],
)  # fmt: skip
def test_hostile_texts_take_no_long_time(text: str) -> None:
    start = time.process_time()
    render(text)
    assert time.process_time() - start < 5
