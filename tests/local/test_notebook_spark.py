"""Spark in real runs. Needs pyspark (``modelyard[spark]``) and Java."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from notebook_runs import PATIENCE, Cluster, alive, cluster

pytest.importorskip("pyspark", reason='pip install "modelyard[spark]"')
if not shutil.which("java"):
    pytest.skip("needs Java 17", allow_module_level=True)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("spark")
    container = folder / "storage/acc/lake"
    container.mkdir(parents=True)
    (container / "x.csv").write_text("a;b\n1;2\n3;4\n")
    with cluster(folder, MODELYARD_STORAGE_ROOT=str(folder / "storage")) as running:
        yield running


def test_paths_of_the_workspace_in_readers_writers_and_sql(driver: Cluster) -> None:
    (driver.dbfs / "x.csv").write_text("a;b\n1;2\n3;4\n")
    (driver.folder / "volumes/main").mkdir()
    result = driver.run(
        "/Shared/spark",
        "def rows(path):\n"
        "    return spark.read.csv(path, sep=';', header=True).count()\n"
        "print(rows('dbfs:/x.csv'), rows('/x.csv'),\n"
        "      rows('abfss://lake@acc.dfs.core.windows.net/x.csv'),\n"
        "      rows('wasbs://lake@acc.blob.core.windows.net/x.csv'))",
        "spark.range(5).write.mode('overwrite').parquet('/out/numbers')\n"
        "spark.range(3).write.csv('/Volumes/main/numbers')\n"
        "print(sorted(f.name[-8:] for f in dbutils.fs.ls('/out/numbers') if f.name[0] != '_'))",
        "%sql\nCREATE TABLE t AS SELECT id * ${factor} AS n FROM parquet.`dbfs:/out/numbers`;\n"
        "SELECT sum(n) AS total FROM t WHERE n > :low",
        "print(_sqldf.first().total, sc.version == spark.version)\ndisplay(_sqldf)",
        "from pyspark.sql import SparkSession\n"
        "print(SparkSession.builder.getOrCreate().read.parquet('dbfs:/out/numbers').count())",
        "from pyspark.dbutils import DBUtils\nDBUtils(spark) is dbutils",
        parameters={"factor": "10", "low": "10"},
    )
    assert result.status == "success", result
    texts = [cell.text for cell in result.cells]
    assert texts[0].endswith("2 2 2 2\n")
    assert set(eval(texts[1].splitlines()[-1])) == {".parquet"}  # noqa: S307 - no .crc files
    assert texts[2].endswith("Row(total=90)\n")
    assert texts[3] == "90 True\nRow(total=90)\n"
    assert texts[4:] == ["5\n", "True\n"]
    assert "<td>90</td>" in result.cells[3].html[0]
    assert (driver.folder / "volumes/main/numbers/_SUCCESS").exists()


def test_java_ends_with_a_cancelled_run(driver: Cluster) -> None:
    run = driver.start(
        "/Shared/long",
        "pid = spark._jvm.java.lang.ProcessHandle.current().pid()\n"
        "open('/dbfs/java', 'w').write(str(pid));",
        "import time\ntime.sleep(600)",
    )
    file = driver.dbfs / "java"
    for _ in range(int(PATIENCE * 100)):
        if run.wait(0.01) or (file.exists() and file.read_text()):
            break
    pid = int(file.read_text())
    assert alive(pid)
    run.cancel()
    result = run.wait(PATIENCE)
    assert result is not None
    assert result.status == "canceled"
    assert not alive(pid)


def test_failing_query_is_placed(driver: Cluster) -> None:
    result = driver.run("/Shared/bad", "1", "%sql\nSELECT no_such FROM range(1)")
    assert result.status == "failed"
    assert (result.error or "").startswith("AnalysisException: [UNRESOLVED_COLUMN")
    assert result.cell == 2
