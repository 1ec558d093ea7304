from __future__ import annotations

import pytest

from modelyard.databricks.notebooks.tracebacks import Frame, frames, own_frame
from modelyard.databricks.remote_text import clean, one_line

CODE = 'frame["quality"] = frame["quality"].astype(float)'
ERROR = "ValueError: could not convert string to float: 'n/a'"

RUNTIME_16 = f"""\
\x1b[0;31m---------------------------------------------------------------------------\x1b[0m
\x1b[0;31mValueError\x1b[0m                                Traceback (most recent call last)
File \x1b[0;32m<command-3981>, line 3\x1b[0m
\x1b[1;32m      1\x1b[0m import pandas
\x1b[1;32m      2\x1b[0m frame = pandas.read_csv(path)
\x1b[0;32m----> 3\x1b[0m {CODE}

File \x1b[0;32m/databricks/python/lib/pandas/core/generic.py:6643\x1b[0m, in NDFrame.astype(self)
\x1b[1;32m   6637\x1b[0m     results = [
\x1b[0;32m-> 6643\x1b[0m     new_data = self._mgr.astype(dtype=dtype)

\x1b[0;31mValueError\x1b[0m: could not convert string to float: 'n/a'"""

RUNTIME_14 = f"""\
ValueError                                Traceback (most recent call last)
File <command-3981>:3
      1 import pandas
----> 3 {CODE}
File /databricks/python/x.py:9, in f(a)
      8 y = 1
----> 9 z = 2
{ERROR}"""

SERVERLESS = f"""\
File ~/.ipykernel/1084/command--1-2541654567:3
      1 import pandas
----> 3 {CODE}
{ERROR}"""

RUNTIME_7 = f"""\
<command-3981> in <module>
      1 import pandas
----> 3 {CODE}
/databricks/python/lib/python3.7/site-packages/pandas/core/generic.py in astype(self)
-> 5546             new_data = 1
{ERROR}"""

PLAIN = f"""\
Traceback (most recent call last):
  File "<command-3981>", line 3, in <module>
    {CODE}
  File "/databricks/python/x.py", line 9, in f
    z = 2
{ERROR}"""

JUPYTER = f"""\
Cell In[4], line 3
      1 import pandas
----> 3 {CODE}
{ERROR}"""

LOCAL = f"""\
Traceback (most recent call last):
  notebook /Shared/wine/train, cell 4, line 3, in <module>
    {CODE}
  File "/usr/lib/python3/pandas/x.py", line 9, in f
    z = 2
{ERROR}"""


@pytest.mark.parametrize(
    "trace", [RUNTIME_16, RUNTIME_14, SERVERLESS, RUNTIME_7, PLAIN, JUPYTER, LOCAL]
)
def test_the_line_of_the_notebook_is_found_in_every_form(trace: str) -> None:
    frame = own_frame(trace)
    assert frame is not None
    assert (frame.line, frame.code) == (3, CODE)


def test_a_traceback_that_numbers_the_cell() -> None:
    assert own_frame(LOCAL) == Frame("/Shared/wine/train", 3, CODE, cell=4)


def test_the_innermost_line_of_the_notebook_counts() -> None:
    trace = """\
File <command-1>, line 9
----> 9 train(frame)
File <command-1>, line 4, in train(frame)
      3     x = 1
----> 4     return model.fit(frame)
File /databricks/python/sklearn.py:77, in fit(self)
---> 77 raise ValueError
ValueError"""
    frame = own_frame(trace)
    assert frame is not None
    assert (frame.line, frame.code) == (4, "return model.fit(frame)")
    assert len(frames(trace)) == 3


def test_a_syntax_error() -> None:
    frame = own_frame("  File <command-1>:2\n    x = = 1\n        ^\nSyntaxError: invalid syntax")
    assert frame == Frame("command-1", 2, "x = = 1")


@pytest.mark.parametrize("trace", ["", "ValueError: x", 'File "/a/b.py", line 3\n    x\nError'])
def test_no_line_of_a_notebook(trace: str) -> None:
    assert own_frame(trace) is None


def test_colours_and_tricks_are_taken_out() -> None:
    text = "\x1b[31mred\x1b[0m\x1b]0;title\x07 a\rb\x00\x9b1m \x1b]8;;http://x\x1b\\link\u202e\tc"
    assert clean(text) == "red a\nb1m link\tc"


def test_one_line_is_one_line() -> None:
    assert one_line("a\n\x1b[1mb\x1b[0m\t c") == "a b c"
    assert one_line("x" * 400, most=10) == "xxxxxx ..."
