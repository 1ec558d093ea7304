"""dbutils in real runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from notebook_runs import PATIENCE, Cluster, alive, cluster, notebook

SECRET = "value-for-this-test-only"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("dbutils")) as running:
        running.workspace.secrets[("azureml", "client_secret")] = SECRET
        yield running


def test_secrets_are_redacted_in_every_output(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/secrets",
        "value = dbutils.secrets.get('azureml', 'client_secret')\nprint(len(value))",
        "print(value)\nvalue",
        "import base64, os, sys\nprint(base64.b64encode(value.encode()).decode())\n"
        "print(value, file=sys.stderr)\nos.environ['X'] = value\nos.write(1, value.encode());",
        "%sh echo from shell: $X",
        "displayHTML(f'<p>{value}</p>')",
        "raise ValueError(f'cannot sign in with {value}')",
    )
    assert SECRET not in str(result)
    assert result.logs.startswith(f"{len(SECRET)}\n[REDACTED]\n'[REDACTED]'\n[REDACTED]\n")
    assert "from shell: [REDACTED]\n" in result.logs
    assert list(result.cells[4].html) == ["<p>[REDACTED]</p>"]
    assert result.error == "ValueError: cannot sign in with [REDACTED]"
    assert "[REDACTED]" in (result.traceback or "")


def test_exit_value_is_redacted(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/leak",
        "value = dbutils.secrets.get('azureml', 'client_secret')",
        "dbutils.notebook.exit('x ' + value)",
    )
    assert result.exit_value == "x [REDACTED]"


def test_scopes_and_missing_secrets(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/scopes",
        "print([s.name for s in dbutils.secrets.listScopes()], "
        "[s.key for s in dbutils.secrets.list('azureml')])",
        "dbutils.secrets.get(scope='azureml', key='no')",
    )
    assert result.logs == "['azureml'] ['client_secret']\n"
    assert result.error == (
        "IllegalArgumentException: Secret does not exist with scope: azureml and key: no"
    )


def test_child_notebook_is_a_run_of_its_own(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/child"] = notebook(
        "import os\nprint('in child', os.getpid(), 'x' in globals())",
        "print(dbutils.secrets.get('azureml', 'client_secret'))",
        "dbutils.notebook.exit(dbutils.widgets.get('n') + ' doubled')",
    )
    result = driver.run(
        "/Shared/parent",
        "import os\nx = 1\nprint(os.getpid())",
        "value = dbutils.notebook.run('./child', 60, {'n': 21})\nvalue",
    )
    assert result.status == "success", result
    lines = result.logs.split("\n")
    assert lines[1] == "Notebook job /Shared/child"
    assert lines[2].startswith("in child ")
    assert lines[2].endswith(" False")
    assert lines[0] not in lines[2]
    assert lines[3] == "[REDACTED]"
    assert lines[4] == "'21 doubled'"


def test_failing_child_raises_with_its_place(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/child"] = notebook("1", "2\n1 / 0")
    result = driver.run("/Shared/parent", "dbutils.notebook.run('/Shared/child', 0)")
    assert result.error == (
        "WorkflowException: FAILED: /Shared/child: ZeroDivisionError: division by zero "
        "(notebook /Shared/child, cell 2, line 2)"
    )
    assert (result.notebook, result.cell) == ("/Shared/parent", 1)
    caught = driver.run(
        "/Shared/parent",
        "try:\n    dbutils.notebook.run('child')\nexcept Exception as e:\n    print('caught', e)",
    )
    assert caught.status == "success"
    assert "caught FAILED" in caught.logs


def test_child_that_takes_too_long(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/slow"] = notebook("%sh\necho $$ > /dbfs/slow\nsleep 6069")
    result = driver.run("/Shared/parent", "dbutils.notebook.run('/Shared/slow', 1)")
    assert result.error == (
        "WorkflowException: TIMEDOUT: /Shared/slow: Run took longer than 1 s "
        "(notebook /Shared/slow, cell 1, line None)"
    )
    assert not alive(int((driver.dbfs / "slow").read_text()))


def test_cancel_of_the_parent_ends_the_child(driver: Cluster) -> None:
    driver.workspace.notebooks["/Shared/sleeps"] = notebook(
        "print('asleep')", "%sh\necho $$ > /dbfs/asleep\nsleep 6070"
    )
    run = driver.start("/Shared/parent", "dbutils.notebook.run('/Shared/sleeps', 0)")
    marker = driver.dbfs / "asleep"
    for _ in range(int(PATIENCE * 100)):
        if marker.exists() and marker.read_text().strip():
            break
        run.wait(0.01)
    run.cancel()
    result = run.wait(PATIENCE)
    assert result is not None
    assert result.status == "canceled"
    assert not alive(int(marker.read_text()))


def test_task_values_go_from_task_to_task(driver: Cluster) -> None:
    first = {"job_run_id": "500", "task_key": "train", "job_id": "5"}
    set_ = "dbutils.jobs.taskValues.set('best', {'rmse': 0.7})"
    assert driver.run("/Shared/t", set_, context=first).status == "success"
    later = {**first, "task_key": "deploy"}
    get = "dbutils.notebook.exit(dbutils.jobs.taskValues.get('train', 'best')['rmse'])"
    assert driver.run("/Shared/t", get, context=later).exit_value == "0.7"


def test_context_of_the_run(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/context",
        "import json\nc = dbutils.notebook.entry_point.getDbutils().notebook().getContext()\n"
        "t = json.loads(c.toJson())['tags']\n"
        "print(c.notebookPath().get(), t['jobId'], c.currentRunId().get(), t['clusterId'])",
        run_id=77,
        context={"job_id": "5", "cluster_id": "c-1"},
    )
    assert result.logs == "/Shared/context 5 77 c-1\n"


def test_help(driver: Cluster) -> None:
    result = driver.run(
        "/Shared/help", "dbutils.help()\ndbutils.fs.help()\ndbutils.widgets.help('get')"
    )
    assert "  secrets: Read secrets from secret scopes." in result.logs
    assert "  ls(path: 'str')" in result.logs
    assert "raises InputWidgetNotDefined" in result.logs


def test_files_and_mounts_are_seen_by_all(driver: Cluster) -> None:
    (driver.folder / "lake").mkdir()
    (driver.folder / "lake/x.csv").write_text("a\n1\n")
    result = driver.run(
        "/Shared/mounts",
        f"dbutils.fs.mount('file:{driver.folder}/lake', '/mnt/lake')",
        "print([f.name for f in dbutils.fs.ls('/mnt/lake')], open('/dbfs/mnt/lake/x.csv').read())",
        "%fs head dbfs:/mnt/lake/x.csv",
        "%sh cat /dbfs/mnt/lake/x.csv",
        "dbutils.fs.unmount('/mnt/lake')",
    )
    assert result.status == "success", result
    assert result.cells[1].text == "['x.csv'] a\n1\n\n"
    assert result.cells[2].text == "a\n1\n\n"
    assert result.cells[3].text == "a\n1\n"
