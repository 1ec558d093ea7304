from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.ci.plain_summary import inline, plain
from modelyard.errors import RunFailed
from modelyard.operations.runs.run_records import Record
from modelyard.operations.runs.run_summary import runs_summary
from modelyard.summary import ERROR, Bar, bar_chart, code, escape, fence, heading, link, table

TEXTS = st.text(
    st.one_of(
        st.sampled_from("`*_[]()|~$\\<>&@#+=-.:;\"' abc1/"),
        st.characters(categories=("L", "N", "P", "S")),
    ),
    max_size=20,
)


def test_a_whole_summary() -> None:
    markdown = "\n\n".join(
        [
            heading("Runs of a_b"),
            table(
                ["run", "took"],
                [[link("841", "https://x.example/1") + " ★", "1.9 s"], ["-", escape("a|b")]],
                right=[1],
            ),
            bar_chart("rmse", [Bar("alpha 1", 0.5)]),
            f"Best: {code('rmse')} 0.5",
        ]
    )
    assert plain(markdown + "\n") == (
        "Runs of a_b\n"
        "-----------\n"
        "\n"
        "run                           took\n"
        "841 (https://x.example/1) ★  1.9 s\n"
        "-                              a|b\n"
        "\n"
        "rmse\n"
        f"alpha 1  {'█' * 32}  0.5\n"
        "\n"
        "Best: rmse 0.5"
    )


def test_the_error_of_the_step_is_not_shown_twice() -> None:
    summary = runs_summary("train", [Record(1, {})], error=RunFailed("it raised"))
    assert "it raised" in summary
    assert plain(summary) == "Runs of train\n-------------\n\n" + (
        "run  parameters  result       took\n-                NOT STARTED"
    )
    assert plain(f"a\n\n{fence('x', ERROR)}\n\nb") == "a\n\nb"


def test_wide_letters_stand_below_each_other() -> None:
    shown = plain(table(["a", "b"], [["模型", "1"], ["x", "2"]]))
    assert shown == "a     b\n模型  1\nx     2"


@given(TEXTS)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    line = " ".join(text.split())
    assert inline(escape(line)) == line
    assert inline(code(line)) == line


@given(TEXTS, st.integers(1, 3))
def test_a_code_block_is_shown_as_it_is(text: str, times: int) -> None:
    block = "\n".join(["x", *[text] * times, "y"])
    assert plain(fence(block)).split() == block.split()


@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=3))
def test_every_cell_of_a_table_is_shown(cells: list[str]) -> None:
    shown = plain(table([str(n) for n in range(len(cells))], [[escape(one) for one in cells]]))
    assert " ".join(shown.splitlines()[1].split()) == " ".join(" ".join(cells).split())


@pytest.mark.parametrize("text", ["[0.5, 1]", "a | b", "| alone", "", "1 < 2", "`open"])
def test_what_is_no_markdown_of_ours_stays(text: str) -> None:
    assert plain(text) == text
