"""``spark``, ``sc`` and ``sqlContext``: a local Spark that starts when a notebook first uses it.

The settings are in a ``spark-defaults.conf`` of the run, so that a session the notebook builds
itself has them too. Hadoop's view file system gives ``dbfs:`` (the default, so also ``/x``),
``/Volumes`` and the storage accounts their folders, in every reader, writer and SQL statement.
Paths ``file:/dbfs/...`` aren't mapped: Java opens those itself.

Tables live as long as the run: the catalog is in its memory, the warehouse in its folder.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from modelyard.local.notebook.paths import PathMap

_VIEW = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
_RAW = "org.apache.hadoop.fs.RawLocalFileSystem"  # LocalFileSystem would write .crc files


class SparkUnavailable(Exception):
    """pyspark or Java is missing."""


def configure(folder: Path, paths: PathMap) -> None:
    """Write the settings into ``folder`` and make this process use them, if it starts Spark."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} {value}" for name, value in _settings(folder, paths)]
    (folder / "spark-defaults.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.environ["SPARK_CONF_DIR"] = str(folder)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_LOCAL_DIRS"] = str(folder / "local")


def _settings(folder: Path, paths: PathMap) -> Iterator[tuple[str, str]]:
    yield "spark.master", "local[*]"
    yield "spark.app.name", "Databricks Shell"
    yield "spark.driver.host", "127.0.0.1"
    yield "spark.driver.bindAddress", "127.0.0.1"
    yield "spark.ui.enabled", "false"
    yield "spark.ui.showConsoleProgress", "false"
    yield "spark.sql.shuffle.partitions", "8"  # 200 are slow on one machine
    yield "spark.sql.catalogImplementation", "in-memory"
    # As on Databricks, CREATE TABLE without USING makes a table of the default source.
    yield "spark.sql.legacy.createHiveTableByDefault", "false"
    yield "spark.sql.warehouse.dir", f"file:{folder / 'warehouse'}"
    hadoop = "spark.hadoop.fs"
    yield f"{hadoop}.rawlocal.impl", _RAW
    tables = f"{hadoop}.viewfs.mounttable"
    if paths.dbfs_root:
        yield f"{hadoop}.defaultFS", "dbfs:///"
        yield f"{hadoop}.dbfs.impl", _VIEW
        for table in ("default", "dbfs"):
            yield f"{tables}.{table}.linkFallback", f"rawlocal:{paths.dbfs_root}"
            if paths.volumes_root:
                yield f"{tables}.{table}.link./Volumes", f"rawlocal:{paths.volumes_root}"
    if not paths.storage_root or not Path(paths.storage_root).is_dir():
        return
    services = {"abfss": "dfs", "abfs": "dfs", "wasbs": "blob", "wasb": "blob"}
    for scheme in services:
        yield f"{hadoop}.{scheme}.impl", _VIEW
    for container in sorted(Path(paths.storage_root).glob("*/*")):
        for service in sorted(set(services.values())):
            table = f"{container.name}@{container.parent.name}.{service}.core.windows.net"
            yield f"{tables}.{table}.linkFallback", f"rawlocal:{container}"


def session() -> Any:
    """The session of this process, started if need be; raises :class:`SparkUnavailable`."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkUnavailable(
            "this notebook uses Spark, and pyspark isn't installed for the local cloud: "
            f'run pip install "modelyard[spark]" and install Java 17 ({error})'
        ) from None
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java") and not (home and (Path(home) / "bin" / "java").exists()):
        raise SparkUnavailable(
            "this notebook uses Spark, and there is no Java on this machine: install Java 17 "
            "and put it on PATH, or name its folder in JAVA_HOME"
        )
    return SparkSession.builder.getOrCreate()


class Lazy:
    """Stands for an object that is made at the first touch: of an attribute, a call, an index."""

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self._lazy_name = name
        self._lazy_make = make

    def __getattr__(self, name: str) -> Any:
        # Tools that merely look at an object (display, inspect) must not start a Java machine.
        if name.startswith("__") or name in ("_repr_html_", "_repr_mimebundle_"):
            raise AttributeError(name)
        return getattr(self._lazy_make(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_lazy_"):
            object.__setattr__(self, name, value)
        else:
            setattr(self._lazy_make(), name, value)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._lazy_make()(*arguments, **keywords)

    def __repr__(self) -> str:
        return f"<{self._lazy_name}: starts when it is first used>"


def names() -> dict[str, Any]:
    """What notebooks find predefined."""
    return {
        "spark": Lazy("spark", session),
        "sc": Lazy("sc", lambda: session().sparkContext),
        "sqlContext": Lazy("sqlContext", _sql_context),
        "sql": Lazy("sql", lambda: session().sql),
        "table": Lazy("table", lambda: session().table),
        "udf": Lazy("udf", _udf),
    }


def _sql_context() -> Any:
    from pyspark.sql import SQLContext

    started = session()
    return SQLContext(started.sparkContext, started)


def _udf() -> Any:
    session()  # a missing pyspark is to be explained as everywhere
    from pyspark.sql.functions import udf

    return udf
