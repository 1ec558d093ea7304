"""Graphs of work really run: environments, files handed over, reuse, failure, cancel, clusters."""

from __future__ import annotations

import base64
import io
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.wheels import make_wheel

from modelyard.local.cloud.aml.execution import artifacts
from modelyard.local.cloud.aml.execution.engine import Engine
from modelyard.local.cloud.aml.execution.graph import (
    ClusterTask,
    Command,
    Graph,
    GraphError,
    Node,
    Order,
    Produced,
    Target,
    input_path,
    output_path,
)
from modelyard.local.cloud.aml.packages import Packages
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.processes import start_time
from modelyard.local.cloud.storage.models import Blobs, Conditions

CLOUD_SERVICES = ("entra", "arm", "storage", "aml", "databricks")
ACCOUNT, DATA = "account", "data"
NOTHING = Packages("", ())
_numbers = itertools.count(1)


class Bench:
    """The engine of a cloud, and files for it."""

    def __init__(self, cloud: LocalCloud) -> None:
        service: Any = cloud.services["aml"]
        self.cloud = cloud
        self.engine: Engine = service.engine
        self.blobs = Blobs(cloud.cloud)
        self.blobs.ensure_container(ACCOUNT, DATA)

    def put(self, path: str, text: str) -> Place:
        """A blob; the place is its folder."""
        properties = {"content_type": "text/plain", "metadata": {}}
        place = (ACCOUNT, DATA, path)
        self.blobs.put(place, io.BytesIO(text.encode()), properties, Conditions())
        return Place(ACCOUNT, DATA, path.rpartition("/")[0])

    def text(self, place: Place, name: str = "") -> str:
        path = f"{place.path}/{name}" if name else place.path
        return self.blobs.path(self.blobs.get(place.account, place.container, path)).read_text()

    def log(self, run: str, name: str = artifacts.USER_LOG) -> str:
        return self.text(artifacts.place_of(ACCOUNT, run), name)

    def submit(self, *nodes: Node, single: bool = False, **settings: Any) -> tuple[str, Order]:
        run = f"run{next(_numbers)}"
        names = {node.name: run if single else f"{run}-{node.name}" for node in nodes}
        order = Order(run, Graph(nodes, **settings), ACCOUNT, names)
        self.engine.submit(order)
        return run, order

    def finished(self, *nodes: Node, **settings: Any) -> dict[str, Any]:
        """The record of the whole, when it has ended."""
        run, _ = self.submit(*nodes, **settings)
        assert self.engine.wait(run, 120)
        return self.record(run)

    def record(self, run: str) -> dict[str, Any]:
        found = self.engine.records.get(run)
        assert found is not None
        return found

    def until(self, run: str, text: str) -> None:
        """Until the log of a run has this in it."""
        deadline = time.monotonic() + 60
        while True:
            place = artifacts.place_of(ACCOUNT, run)
            name = f"{place.path}/{artifacts.USER_LOG}"
            if self.blobs.find(ACCOUNT, artifacts.CONTAINER, name) and text in self.log(run):
                return
            assert time.monotonic() < deadline, f"{text!r} never came"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def bench(cloud: LocalCloud) -> Iterator[Bench]:
    return Bench(cloud)


def python(name: str, code: str, **fields: Any) -> Node:
    """A node that runs a line of Python."""
    return Node(name, Command(("python", "-c", code), NOTHING), **fields)


def target(path: str, *, file: bool = False) -> Target:
    return Target(Place(ACCOUNT, DATA, path), file)


def test_files_go_from_node_to_node(bench: Bench) -> None:
    code = bench.put(
        "code/double.py",
        "import sys; print('doubling')\n"
        "n = int(open(sys.argv[1] + '/n.txt').read())\n"
        "open(sys.argv[2] + '/n.txt', 'w').write(str(2 * n))\n"
        "import os; os.makedirs('outputs'); open('outputs/note', 'w').write('left')\n",
    )
    data = bench.put("in/n.txt", "21")

    def doubling(name: str, source: Place | Produced, **fields: Any) -> Node:
        words = ("python", "double.py", input_path("n"), output_path("n"))
        work = Command(words, NOTHING, code)
        return Node(name, work, {"n": source}, {"n": target(f"out/{name}")}, **fields)

    found = bench.finished(
        doubling("second", Produced("first", "n")), doubling("first", data, after=frozenset())
    )

    assert found["status"] == "Completed", found
    assert bench.text(Place(ACCOUNT, DATA, "out/second"), "n.txt") == "84"
    first = bench.record(f"{found['id']}-first")
    assert [one["status"] for one in first["transitions"]] == [
        "NotStarted", "Queued", "Preparing", "Running", "Finalizing", "Completed",
    ]  # fmt: skip
    assert first["created"] <= first["started"] <= first["ended"]
    assert bench.log(first["id"]) == "doubling\n"
    assert bench.log(first["id"], "outputs/note") == "left"
    assert "first: Completed." in bench.log(found["id"], artifacts.GRAPH_LOG)
    assert [one["node"] for one in bench.engine.records.children(found["id"])] == [
        "first", "second",
    ]  # fmt: skip
    assert not list((bench.cloud.folder / "aml" / "runs").iterdir())


def test_one_file_as_input_and_as_output(bench: Bench) -> None:
    bench.put("one/file.txt", "x")
    work = Command(("cp", input_path("a"), output_path("b")), NOTHING)
    found = bench.finished(
        Node(
            "copy",
            work,
            {"a": Place(ACCOUNT, DATA, "one/file.txt")},
            {"b": target("one/copy.txt", file=True)},
        ),
        single=True,
    )
    assert found["status"] == "Completed", found
    assert bench.text(Place(ACCOUNT, DATA, "one/copy.txt")) == "x"
    assert found["parent"] is None
    assert bench.engine.records.children(found["id"]) == []


def test_independent_nodes_run_side_by_side(bench: Bench, tmp_path: Path) -> None:
    """Each waits for the other: one after the other they would never end."""
    code = (
        "import pathlib, sys, time\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "(here / sys.argv[1]).touch()\n"
        "until = time.monotonic() + 30\n"
        "while not (here / sys.argv[2]).exists():\n"
        "    assert time.monotonic() < until\n"
        "    time.sleep(0.01)\n"
    )
    nodes = [
        Node(mine, Command(("python", "-c", code, mine, other), NOTHING))
        for mine, other in (("a", "b"), ("b", "a"))
    ]
    assert bench.finished(*nodes)["status"] == "Completed"


def test_a_failure_ends_the_graph(bench: Bench) -> None:
    nodes = (
        python("bad", "print('about to fail'); raise SystemExit(3)"),
        python("later", "", after=frozenset({"bad"})),
    )
    found = bench.finished(*nodes)
    assert found["status"] == "Failed"
    assert "bad failed. The program ended with exit code 3." in found["error"]["message"]
    assert "about to fail" in found["error"]["message"]
    assert bench.engine.records.get(f"{found['id']}-later") is None
    assert "later: not started." in bench.log(found["id"], artifacts.GRAPH_LOG)


def test_what_does_not_depend_on_a_failure_may_go_on(bench: Bench) -> None:
    nodes = (
        python("bad", "raise SystemExit(3)"),
        python("good", ""),
        python("better", "", after=frozenset({"good"})),
        python("worse", "", after=frozenset({"bad"})),
    )
    found = bench.finished(*nodes, continue_on_failure=True)
    assert found["status"] == "Failed"
    assert bench.record(f"{found['id']}-better")["status"] == "Completed"
    assert bench.engine.records.get(f"{found['id']}-worse") is None


def test_the_same_again_is_not_done_again(bench: Bench, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.write_text("")
    code = (
        "import sys; print('really'); open(sys.argv[1], 'a').write('x'); "
        "open(sys.argv[2] + '/o', 'w').write('made')"
    )

    def node(path: str, word: str = "") -> Node:
        words = ("python", "-c", code, str(marks), output_path("o"), word)
        return Node("n", Command(words, NOTHING), {}, {"o": target(path)}, reuse=True)

    first = bench.finished(node("reuse/1"))
    second = bench.finished(node("reuse/2"))
    third = bench.finished(node("reuse/3", "other"))

    assert marks.read_text() == "xx"
    assert bench.text(Place(ACCOUNT, DATA, "reuse/2"), "o") == "made"
    again = bench.record(f"{second['id']}-n")
    assert again["reused"] == f"{first['id']}-n"
    assert again["status"] == "Completed"
    assert bench.log(again["id"]) == "really\n"
    assert bench.record(f"{third['id']}-n")["reused"] is None


def test_packages_are_installed(bench: Bench, wheel: Path) -> None:
    work = Command(
        ("bash", "-c", "python -c \"import modelyard_probe as p; print(p.WORD, '$WORD')\""),
        Packages("", (str(wheel),)),
        variables={"WORD": "given"},
    )
    found = bench.finished(Node("n", work), single=True)
    assert found["status"] == "Completed", found
    assert bench.log(found["id"]) == "installed given\n"


def test_a_package_that_is_not_there(bench: Bench) -> None:
    work = Command(("true",), Packages("", ("/nowhere/nothing-1.0-py3-none-any.whl",)))
    found = bench.finished(Node("n", work), single=True)
    assert found["status"] == "Failed"
    assert "/nowhere/nothing" in found["error"]["message"]


def test_cancel_ends_the_whole_family(bench: Bench, tmp_path: Path) -> None:
    script = "import subprocess, time; p = subprocess.Popen(['sleep', '600']); print(p.pid); "
    run, _ = bench.submit(
        python("long", f"{script}print('up'); time.sleep(600)"),
        python("later", "", after=frozenset({"long"})),
    )
    bench.until(f"{run}-long", "up")
    grandchild = int(bench.log(f"{run}-long").split()[0])

    assert bench.engine.cancel(run)
    assert bench.record(run)["status"] in ("CancelRequested", "Canceled")
    assert bench.engine.wait(run, 30)

    assert bench.record(run)["status"] == "Canceled"
    assert bench.record(f"{run}-long")["status"] == "Canceled"
    deadline = time.monotonic() + 10
    while start_time(grandchild) is not None:
        assert time.monotonic() < deadline, "what the program started still runs"
        time.sleep(0.02)
    assert not bench.engine.cancel(run)


def test_a_time_limit(bench: Bench) -> None:
    found = bench.finished(
        python("slow", "import time; time.sleep(600)", timeout_seconds=0.5), single=True
    )
    assert found["status"] == "Failed"
    assert "did not end within" in found["error"]["message"]


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ((), "needs nodes"),
        ((python("a", ""), python("a", "")), "its own name"),
        ((python("a", "", after=frozenset({"b"})),), "not in the graph"),
        (
            (python("a", ""), python("b", "", inputs={"x": Produced("a", "y")})),
            "none of that name",
        ),
        (
            (
                python("a", "", after=frozenset({"b"})),
                python("b", "", after=frozenset({"a"})),
            ),
            "wait for each other",
        ),
    ],
)
def test_graphs_that_cannot_be_run(nodes: tuple[Node, ...], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        Graph(nodes).check()


def test_an_input_that_is_not_there(bench: Bench) -> None:
    found = bench.finished(python("n", "", inputs={"x": Place(ACCOUNT, DATA, "no")}), single=True)
    assert found["status"] == "Failed"
    assert found["error"]["message"] == "There is no file at data/no."


def test_a_notebook_on_a_cluster(bench: Bench) -> None:
    data = bench.put("cluster/in.txt", "wine")
    notebook = (
        "# Databricks notebook source\n"
        "text = open(dbutils.widgets.get('in') + '/in.txt').read()\n"
        "open(dbutils.widgets.get('out') + '/out.txt', 'w').write(text.upper())\n"
        "dbutils.notebook.exit('done')\n"
    )
    databricks(
        bench, "POST", "workspace/import", path="/n", format="SOURCE", language="PYTHON",
        content=base64.b64encode(notebook.encode()).decode(),
    )  # fmt: skip
    cluster = {"spark_version": "15.4.x-scala2.12", "node_type_id": "Standard_DS3_v2"}
    task = {
        "notebook_task": {
            "notebook_path": "/n",
            "base_parameters": {"in": input_path("in"), "out": output_path("out")},
        },
        "new_cluster": {**cluster, "num_workers": 1},
    }
    token = bench.cloud.environment["DATABRICKS_TOKEN"]
    notebook_node = Node(
        "notebook", ClusterTask(task, token), {"in": data}, {"out": target("cluster/out")}
    )
    reading = Command(("bash", "-c", f"cat {input_path('x')}/out.txt"), NOTHING)
    found = bench.finished(
        notebook_node, Node("after", reading, {"x": Produced("notebook", "out")})
    )

    assert found["status"] == "Completed", found
    assert bench.log(f"{found['id']}-after") == "WINE"
    assert "The notebook exited with: done" in bench.log(f"{found['id']}-notebook")


def databricks(bench: Bench, method: str, api: str, **body: Any) -> Any:
    token = bench.cloud.environment["DATABRICKS_TOKEN"]
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(
            method,
            f"{bench.cloud.url}/api/2.0/{api}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
    assert answer.ok, answer.text
    return answer.json()


def test_a_run_on_a_cluster_that_is_not_there(bench: Bench) -> None:
    task = {"notebook_task": {"notebook_path": "/n"}, "existing_cluster_id": "0000-nothing"}
    work = ClusterTask(task, bench.cloud.environment["DATABRICKS_TOKEN"])
    found = bench.finished(Node("n", work), single=True)
    assert found["status"] == "Failed"
    assert "Databricks refused the run: " in found["error"]["message"]
    assert "0000-nothing" in found["error"]["message"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = "WORD = 'installed'\n"
    return make_wheel(tmp_path_factory.mktemp("wheel"), "modelyard_probe", "1.0", source)
