"""What cells of notebooks do, in real runs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from notebook_runs import TOKEN, Cluster, cluster, notebook


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cells")) as running:
        yield running


def test_cells_share_names_and_have_their_own_output(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/a",
        "%md\n# Title",
        "x = 6\nprint('first')",
        "import sys\nprint('error', file=sys.stderr)\nx * 7",
        "# DBTITLE 1,Table\ndisplayHTML('<b>bold</b>')",
    )
    assert result.status == "success"
    assert result.exit_value is None
    assert [(c.index, c.language, c.title, c.status, c.text) for c in result.cells] == [
        (1, "md", "", "success", ""),
        (2, "python", "", "success", "first\n"),
        (3, "python", "", "success", "error\n42\n"),
        (4, "python", "Table", "success", ""),
    ]
    assert result.cells[0].source == "%md\n# Title"
    assert list(result.cells[3].html) == ["<b>bold</b>"]
    assert result.logs == "first\nerror\n42\n"
    assert all((cell.seconds or 0) >= 0 and cell.started for cell in result.cells)


def test_exit_value_ends_the_notebook(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/a",
        "import json\n"
        "try:\n"
        "    dbutils.notebook.exit(json.dumps({'a': 1}))\n"
        "except Exception:\n"
        "    print('caught')",
        "print('not reached')",
    )
    assert (result.status, result.exit_value, result.logs) == ("success", '{"a": 1}', "")
    assert [cell.status for cell in result.cells] == ["success", "not_run"]


@pytest.mark.parametrize(
    ("cell", "error", "line"),
    [
        ("x = 1\nraise ValueError('bad\\nworse')", "ValueError: bad", 2),
        ("x = 1\n\nx = = 2", "SyntaxError: invalid syntax", 3),
        ("import sys\nsys.exit(1)", "SystemExit: 1", 2),
        ("import sys\nsys.exit(0)", "SystemExit: 0", 2),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", 1),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'", 1),
        ("dbutils.widgets.get('alpha')",
         "InputWidgetNotDefined: No input widget named alpha is defined", 1),
        ("input()", "EOFError: EOF when reading a line", 1),
    ],
)  # fmt: skip
def test_failures_have_a_position(driver: Cluster, cell: str, error: str, line: int) -> None:
    result = driver.run("/Shared/wine/train", "ok = 1", cell, "print('not reached')")
    assert result.status == "failed"
    assert result.error == error
    assert (result.notebook, result.cell, result.line) == ("/Shared/wine/train", 2, line)
    assert result.file_line == 5 + line
    assert f"notebook /Shared/wine/train, cell 2, line {line}" in (result.traceback or "")
    assert "modelyard/local/notebook" not in (result.traceback or "")
    assert [c.status for c in result.cells] == ["success", "failed", "not_run"]


def test_failure_outside_of_python_has_its_cell(driver: Cluster) -> None:
    result = driver.run("/Shared/sh", "%sh\nfalse\necho goes on", "%sh -e\nfalse\necho not reached")
    assert result.status == "failed"
    assert result.error == "ShellError: the shell exited with status 1"
    assert (result.cell, result.line, result.file_line) == (2, None, 8)
    assert result.logs == "goes on\n"


@pytest.mark.parametrize("language", ["scala", "r"])
def test_other_languages_are_refused(driver: Cluster, language: str) -> None:
    result = driver.run("/Shared/x", f"%{language}\nprintln(1)")
    assert result.status == "failed"
    assert "the local driver runs Python, SQL and shell cells only" in (result.error or "")
    assert result.cell == 1


def test_notebook_that_does_not_exist(driver: Cluster) -> None:
    result = driver.run("/Shared/nothing")
    assert result.status == "failed"
    assert result.error is not None
    assert "Unable to access the notebook /Shared/nothing." in result.error
    assert (result.cell, result.notebook) == (None, "/Shared/nothing")


def test_ipynb(driver: Cluster) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title"]},
        {"cell_type": "code", "source": ["x = 5\n", "%env A=1\n", "!echo from $A {x}"]},
        {"cell_type": "code", "source": ["1 / 0"]},
    ]
    driver.workspace.notebooks["/Shared/j"] = json.dumps({"cells": cells}, indent=1)
    result = driver.run("/Shared/j")
    assert result.logs == "1\nfrom 1 5\n"
    assert (result.error, result.cell) == ("ZeroDivisionError: division by zero", 3)
    line = driver.workspace.notebooks["/Shared/j"].split("\n")[(result.file_line or 0) - 1]
    assert "1 / 0" in line
    driver.workspace.notebooks["/Shared/broken"] = '{"cells": ['
    broken = driver.run("/Shared/broken")
    assert "isn't a valid Jupyter notebook" in (broken.error or "")


def test_run_includes_a_notebook(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/lib/helpers"] = notebook(
        "dbutils.widgets.text('factor', '1')\n"
        "def scale(x):\n    return x * int(dbutils.widgets.get('factor'))",
        "%run ../deeper",
        "print('helpers done')",
    )
    driver.workspace.notebooks["/Shared/deeper"] = notebook("deep = dbutils.widgets.get('name')")
    result = driver.run(
        "/Shared/main",
        "%run ./lib/helpers $factor=\"3\" $name='a b'",
        "print(scale(5), deep)\ndbutils.notebook.exit(dbutils.notebook.getContext()"
        ".notebookPath().get())",
    )
    assert result.logs == "helpers done\n15 a b\n"
    assert result.exit_value == "/Shared/main"


def test_failure_in_an_included_notebook_is_placed_there(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/bad"] = notebook("a = 1", "b = 2\n1 / 0")
    result = driver.run("/Shared/main", "print(1)", "%run ./bad")
    assert (result.notebook, result.cell, result.line, result.file_line) == ("/Shared/bad", 2, 2, 7)
    assert [cell.status for cell in result.cells] == ["success", "failed"]
    assert "notebook /Shared/main, cell 2, line 1" in (result.traceback or "")
    assert "notebook /Shared/bad, cell 2, line 2" in (result.traceback or "")


def test_circle_of_includes_is_refused(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/b"] = notebook("%run ./a")
    result = driver.run("/Shared/a", "%run ./b")
    assert result.error == "UsageError: %run goes in a circle: /Shared/a -> /Shared/b -> /Shared/a"
    missing = driver.run("/Shared/c", "%run ./nothing")
    assert "Unable to access the notebook /Shared/nothing" in (missing.error or "")
    assert missing.notebook == "/Shared/c"


def test_exit_in_an_included_notebook_ends_the_run(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/leave"] = notebook("dbutils.notebook.exit('left')")
    result = driver.run("/Shared/main", "%run ./leave", "print('not reached')")
    assert (result.exit_value, result.logs) == ("left", "")


def test_restart_of_python_goes_on_with_fresh_state(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/setup"] = notebook(
        "import os\nos.environ['KEPT'] = 'yes'\nx = 1",
        "dbutils.library.restartPython()",
        "after = 'rest of setup'",
    )
    result = driver.run(
        "/Shared/restarting",
        "dbutils.widgets.text('w', 'default')\nx = 0\nimport os\npid = os.getpid()\nprint('one')",
        "%restart_python",
        "assert 'x' not in globals()\nprint('two')",
        "%run ./setup",
        "print(after, 'x' in globals(), dbutils.widgets.get('w'))",
        "1 / 0",
    )
    assert result.logs == "one\ntwo\nrest of setup False default\n"
    assert (result.error, result.cell) == ("ZeroDivisionError: division by zero", 6)
    assert [cell.status for cell in result.cells] == ["success"] * 5 + ["failed"]
    assert [cell.text for cell in result.cells][:3] == ["one\n", "", "two\n"]


def test_line_magics(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/magics",
        "%matplotlib inline\n%load_ext autoreload\nimport time\nfor i in range(2):\n    !echo $i",
        "%fs ls dbfs:/nothing",
    )
    assert result.cells[0].text == "0\n1\n"
    assert result.error == "FileNotFoundError: No such file or directory dbfs:/nothing"
    unknown = driver.run("/Shared/magics", "%no_such_magic x")
    assert "Line magic function %no_such_magic not found" in (unknown.error or "")


def test_figures_and_frames_are_kept_for_the_page(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/show",
        "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2]})\ndisplay(frame)\nframe",
        "from matplotlib import pyplot\npyplot.plot([1, 2])\npyplot.show();",
    )
    assert result.status == "success", result
    assert len(result.cells[0].html) == 2
    assert "<table" in result.cells[0].html[0]
    assert result.cells[1].html[0].startswith("<img")


def test_spark_that_is_not_used_costs_nothing_and_missing_is_explained(driver: Cluster) -> None:
    result = driver.run("/Shared/spark", "print(spark)", "spark.range(5)")
    try:
        import pyspark  # noqa: F401
    except ImportError:
        assert result.cells[0].text == "<spark: starts when it is first used>\n"
        assert 'pip install "modelyard[spark]"' in (result.error or "")
        assert "Java 17" in (result.error or "")
        assert result.cell == 2


def test_sql_without_pyspark_names_the_cell(driver: Cluster) -> None:
    result = driver.run("/Shared/sql", "1", "%sql\nSELECT 1")
    if result.status == "failed":
        assert "pyspark isn't installed" in (result.error or "")
        assert result.cell == 2


def test_python_file_with_arguments(driver: Cluster) -> None:
    (driver.dbfs / "jobs").mkdir()
    (driver.dbfs / "jobs/train.py").write_text(
        "import sys\nfrom helper import double\n"
        "if __name__ == '__main__':\n"
        "    print(sys.argv, double(4))\n    sys.exit(int(sys.argv[1]))\n"
    )
    (driver.dbfs / "jobs/helper.py").write_text("def double(x):\n    return 2 * x\n")
    for path in ("dbfs:/jobs/train.py", "/dbfs/jobs/train.py"):
        result = driver.run(path, kind="python", arguments=["0", "--x", "a b"])
        assert result.status == "success", result.error
        assert result.logs == "['/dbfs/jobs/train.py', '0', '--x', 'a b'] 8\n"
        assert result.cells == ()
    failed = driver.run("dbfs:/jobs/train.py", kind="python", arguments=["3"])
    assert (failed.status, failed.error) == ("failed", "SystemExit: 3")
    assert (failed.notebook, failed.cell, failed.line) == ("/dbfs/jobs/train.py", None, 5)
    assert "/dbfs/jobs/train.py, line 5" in failed.logs
    missing = driver.run("dbfs:/jobs/no.py", kind="python")
    assert missing.error == "FileNotFoundError: Python file dbfs:/jobs/no.py does not exist"


def test_python_file_of_the_workspace(driver: Cluster) -> None:
    driver.workspace.files["/Users/me/x.py"] = "print(dbutils.fs.ls('/')[:0], __file__)\n1 / 0\n"
    result = driver.run("/Workspace/Users/me/x.py", kind="python")
    assert result.logs.startswith("[] /Workspace/Users/me/x.py\n")
    assert (result.notebook, result.line) == ("/Workspace/Users/me/x.py", 2)


def test_classes_of_a_notebook_can_be_pickled_and_shared_with_workers(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/pickle",
        "import pickle\nclass Point:\n    pass\ntype(pickle.loads(pickle.dumps(Point()))) is Point",
        "from joblib import Parallel, delayed\n"
        "open('/dbfs/shared.txt', 'w').write('seen by workers');",
        "Parallel(n_jobs=2)(delayed(lambda i: open('/dbfs/shared.txt').read())(i) for i in [1, 2])",
    )
    assert result.status == "success", result
    assert result.cells[0].text == "True\n"
    assert result.cells[2].text == "['seen by workers', 'seen by workers']\n"


def test_files_of_the_workspace_are_imported_and_current(driver: Cluster) -> None:
    folder = driver.folder / "workspace/Shared/project"
    folder.mkdir(parents=True)
    (folder / "features.py").write_text("NAME = 'features'\n")
    (folder / "data.csv").write_text("a,b\n1,2\n")
    result = driver.run(
        "/Shared/project/train",
        "import features, pandas as pd\n"
        "print(features.NAME, open('data.csv').readline().strip())\n"
        "frame = pd.read_csv('/Workspace/Shared/project/data.csv')\n"
        "frame.to_csv('/dbfs/out.csv', index=False)\n"
        "frame.to_parquet('/dbfs/out.parquet')\n"
        "print(pd.read_parquet('/dbfs/out.parquet').equals(frame))\n"
        "import tempfile\n"
        "with tempfile.NamedTemporaryFile(dir='/dbfs') as t:\n"
        "    print(t.name.startswith('/dbfs'))",
        "%sh head -1 /dbfs/out.csv",
    )
    assert result.status == "success", result
    assert result.logs == "features a,b\nTrue\nTrue\na,b\n"


def test_libraries_that_open_files_themselves(driver: Cluster) -> None:
    (driver.folder / "volumes/main").mkdir()
    result = driver.run(
        "/Shared/native",
        "import sqlite3\n"
        "with sqlite3.connect('/dbfs/x.db') as db:\n    db.execute('create table t (n int)')\n"
        "db.close()\nimport os\nos.path.getsize('/dbfs/x.db') > 0",
        "import pandas as pd, pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv, pathlib\n"
        "frame = pd.DataFrame({'part': ['a', 'b'], 'n': [1, 2]})\n"
        "frame.to_parquet('/Volumes/main/parts', partition_cols=['part'])\n"
        "print(sorted(pd.read_parquet('/Volumes/main/parts')['n']))\n"
        "pq.write_table(pa.table({'n': [1, 2, 3]}), pathlib.Path('/dbfs/y.parquet'))\n"
        "print(pq.read_table('/dbfs/y.parquet').num_rows, 'y.parquet' in os.listdir('/dbfs/'))\n"
        "pathlib.Path('/dbfs/z.csv').write_text('a\\n1\\n')\n"
        "print(pyarrow.csv.read_csv('/dbfs/z.csv').num_rows)\n"
        "with pa.OSFile('/dbfs/y.parquet') as file:\n    print(isinstance(file, pa.NativeFile))",
    )
    assert result.status == "success", result
    assert result.logs == "True\n[1, 2]\n3 True\n1\nTrue\n"


def test_await_at_the_top(driver: Cluster) -> None:
    result = driver.run("/Shared/await", "import asyncio\nawait asyncio.sleep(0.01, 'slept')")
    assert result.logs == "'slept'\n"


def test_predefined_modules_of_clusters(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/modules",
        "from databricks.sdk.runtime import dbutils as imported, display as shown\n"
        "imported is dbutils",
    )
    assert result.logs == "True\n", result


def test_output_does_not_show_the_token_of_the_run(driver: Cluster) -> None:
    result = driver.run("/Shared/token", "%sh env | grep DATABRICKS_TOKEN")
    assert result.logs == "DATABRICKS_TOKEN=[REDACTED]\n"
    assert TOKEN not in str(result)
