"""Libraries of clusters, really installed from wheels that the test makes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import compute, workspace

from databricks_bench import Bench, on
from modelyard.local.cloud.cloud import LocalCloud
from wheels import make_wheel

CLOUD_SERVICES = ("entra", "arm", "databricks")


@pytest.fixture(scope="module")
def bench(cloud: LocalCloud) -> Bench:
    return Bench(WorkspaceClient(host=cloud.url, token=cloud.environment["DATABRICKS_TOKEN"]))


@pytest.fixture(scope="module")
def cluster_id(bench: Bench) -> str:
    return bench.cluster(cluster_name="shared")


@pytest.fixture(scope="module")
def wheel_paths(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A wheel in each file system, and a requirements file that names one."""
    folder = tmp_path_factory.mktemp("wheels")
    bench.client.files.create_directory("/Volumes/main/default/libs")
    made = {}
    for place in ("dbfs", "volumes", "workspace"):
        wheel = make_wheel(folder, f"wine_{place}", "1.0", f"PLACE = {place!r}\n")
        made[place] = {
            "dbfs": f"dbfs:/libs/{wheel.name}",
            "volumes": f"/Volumes/main/default/libs/{wheel.name}",
            "workspace": f"/Workspace/Shared/{wheel.name}",
        }[place]
        content = io.BytesIO(wheel.read_bytes())
        if place == "dbfs":
            bench.client.dbfs.upload(made[place], content, overwrite=True)
        elif place == "volumes":
            bench.client.files.upload(made[place], content)
        else:
            target = made[place].removeprefix("/Workspace")
            bench.client.workspace.upload(target, content, format=workspace.ImportFormat.AUTO)
    return made


def test_libraries_are_really_installed(bench: Bench, wheel_paths: dict[str, str]) -> None:
    cluster_id = bench.cluster(cluster_name="libraries")
    wheels = [compute.Library(whl=path) for path in wheel_paths.values()]
    bench.client.libraries.install(cluster_id, wheels)
    statuses = {status.status for status in bench.libraries(cluster_id)}
    assert statuses == {compute.LibraryInstallStatus.INSTALLED}
    path = bench.notebook(
        "/Shared/imports",
        "import wine_dbfs, wine_volumes, wine_workspace\n"
        "dbutils.notebook.exit(wine_dbfs.PLACE + wine_volumes.PLACE + wine_workspace.PLACE)\n",
    )
    assert bench.result(bench.submit(**on(cluster_id, path))) == "dbfsvolumesworkspace"
    # Gone after an uninstall and a restart, and not before.
    bench.client.libraries.uninstall(cluster_id, wheels[:1])
    assert bench.result(bench.submit(**on(cluster_id, path)))
    bench.client.clusters.restart_and_wait(cluster_id)
    left = bench.libraries(cluster_id)
    assert len(left) == 2
    run_id = bench.submit(**on(cluster_id, path))
    assert bench.finish(run_id) == ("TERMINATED", "FAILED")
    assert bench.output(run_id).error == "ModuleNotFoundError: No module named 'wine_dbfs'"
    bench.client.clusters.permanent_delete(cluster_id)


def test_a_library_that_cannot_be_installed_says_what_pip_said(
    bench: Bench, cluster_id: str, tmp_path: Path
) -> None:
    broken = make_wheel(tmp_path, "broken", "1.0", "", requires="no-such-package-of-nobody==9.9")
    bench.client.dbfs.upload(f"/libs/{broken.name}", io.BytesIO(broken.read_bytes()))
    library = {"whl": f"dbfs:/libs/{broken.name}"}
    path = bench.notebook("/Shared/never", "print('never')\n")
    run_id = bench.submit(**on(cluster_id, path), libraries=[library])
    assert bench.finish(run_id) == ("INTERNAL_ERROR", "FAILED")
    state = bench.task(run_id).state
    assert state is not None
    assert "Library installation failed for library due to user error" in (
        state.state_message or ""
    )
    assert "no-such-package-of-nobody" in (state.state_message or "")
    statuses = {s.status for s in bench.libraries(cluster_id)}
    assert statuses == {compute.LibraryInstallStatus.FAILED}
