"""SDK v1 of Azure ML, unmodified: runs and their files, models, datastores, environments."""

from __future__ import annotations

import json

import pytest

from local.aml_v1_workplace import MISSING_V1, V1Workplace
from local.aml_workplace import MISSING, WORKSPACE, Workplace
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml")
pytestmark = pytest.mark.skipif(MISSING_V1, reason="MODELYARD_AZUREML_V1 names no environment")


@pytest.fixture(scope="module")
def place(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> V1Workplace:
    """A cloud with one workspace."""
    folder = tmp_path_factory.mktemp("repository")
    found = V1Workplace(cloud, program_environment(cloud.environment), folder)
    made = found.run("aml-workspace", workspace_name=WORKSPACE, resource_group="modelyard-local")
    assert made.code == 0, made.log
    return found


def test_a_run_keeps_its_metrics_files_and_children(place: V1Workplace) -> None:
    told = place.sdk("""
        with open("report.txt", "w") as file:
            file.write("all is well")
        experiment = Experiment(ws, "history")
        run = experiment.start_logging(snapshot_directory=None)
        tell(before=run.get_status())
        run.log("rmse", 0.7)
        run.log_list("errors", [1, 2, 3])
        run.tag("kind", "test")
        run.upload_file("outputs/report.txt", "report.txt")
        with run.child_run(name="fold") as child:
            child.log("rmse", 0.8)
        run.complete()
        other = experiment.start_logging(snapshot_directory=None)
        other.fail("out of memory")

        again = experiment.get_runs
        tell(
            after=run.get_status(), metrics=run.get_metrics(), files=run.get_file_names(),
            tags=run.get_tags(), page=run.get_portal_url(),
            ids=[run.id, other.id],
            all=[one.id for one in again()],
            failed=[one.id for one in again() if one.get_status() == "Failed"],
            tagged=[one.id for one in again(tags={"kind": "test"})],
            children=[one.get_metrics() for one in run.get_children()],
            everyone=len(list(again(include_children=True))),
            error=other.get_details()["error"]["error"]["message"],
        )
        run.download_file("outputs/report.txt", "back.txt")
        tell(back=open("back.txt").read())
    """).told
    first, second = told["ids"]
    assert (told["before"], told["after"]) == ("Running", "Completed")
    assert told["metrics"] == {"rmse": 0.7, "errors": [1, 2, 3]}
    assert told["files"] == ["outputs/report.txt"]
    assert told["tags"] == {"kind": "test"}
    assert told["page"].startswith(f"https://ml.azure.com/runs/{first}?wsid=")
    assert told["all"] == [second, first]
    assert told["failed"] == [second]
    assert told["tagged"] == [first]
    assert told["children"] == [{"rmse": 0.8}]
    assert told["everyone"] == 3
    assert told["error"] == "out of memory"
    assert told["back"] == "all is well"

    asked = {"source": "azure-ml", "metric": "rmse", "better": "lower", "model_name": "outputs"}
    best = place.run(
        "model-select",
        workspace_name=WORKSPACE,
        resource_group="modelyard-local",
        run_ids=json.dumps([second, first]),
        download_to="best",
        **asked,
    )
    assert best.code == 0, best.log
    assert (best.outputs["best-run-id"], best.outputs["best-metric"]) == (first, "0.7")
    verdicts = [one["verdict"] for one in json.loads(best.outputs["verdicts"])]
    assert verdicts == ["is Failed", "best"], "the fold is a part of its run"
    assert (place.folder / "best/report.txt").read_text() == "all is well"


def test_models_are_those_of_the_other_operations_too(place: V1Workplace) -> None:
    (place.folder / "model").mkdir()
    (place.folder / "model" / "weights.txt").write_text("1 2 3")
    registered = place.run(
        "model-register",
        workspace_name=WORKSPACE,
        resource_group="modelyard-local",
        name="digits",
        model="model",
    )
    assert registered.code == 0, registered.log
    told = place.sdk("""
        with open("m.pkl", "w") as file:
            file.write("4 5 6")
        mine = Model.register(ws, model_path="m.pkl", model_name="digits", tags={"state": "new"})
        mine.add_tags({"by": "v1"})
        theirs = Model(ws, "digits", version=1)
        tell(
            mine=mine.id, tags=Model(ws, "digits").tags,
            all=[one.version for one in Model.list(ws, name="digits")],
            newest=[one.version for one in Model.list(ws, latest=True)],
            tagged=[one.id for one in Model.list(ws, tags=[["state", "new"]])],
        )
        os.makedirs("mine"), os.makedirs("theirs")
        for one, folder in ((mine, "mine"), (theirs, "theirs")):
            one.download(folder, exist_ok=True)
        run = Experiment(ws, "models").start_logging(snapshot_directory=None)
        run.upload_file("outputs/m.pkl", "m.pkl")
        tell(of_run=run.register_model("of-run", model_path="outputs/m.pkl").run_id == run.id)
        run.complete()
    """).told
    assert told["mine"] == "digits:2"
    assert told["tags"] == {"state": "new", "by": "v1"}
    assert told["all"] == [2, 1]
    assert told["newest"] == [2]
    assert told["tagged"] == ["digits:2"]
    assert told["of_run"] is True
    assert (place.folder / "mine" / "m.pkl").read_text() == "4 5 6"
    found = [one.read_text() for one in (place.folder / "theirs").rglob("weights.txt")]
    assert found == ["1 2 3"]


def test_the_smoke_test_of_an_operation_is_a_run_that_the_sdk_sees(place: V1Workplace) -> None:
    inputs = {"workspace_name": WORKSPACE, "resource_group": "modelyard-local", "smoke": "true"}
    done = place.run("aml-workspace", **inputs)
    assert done.code == 0, done.log
    assert "logged a value and kept it" in done.log
    told = place.sdk("""
        run = next(Experiment(ws, "smoke-test").get_runs())
        tell(run=run.id, status=run.get_status(), metrics=run.get_metrics())
    """).told
    assert told["run"] == done.outputs["smoke-run-id"]
    assert told["status"] == "Completed"
    assert told["metrics"] == {"smoke": 45.0}
    body = {"error": {"code": "Forbidden", "message": "No right to write metrics."}}
    place.fault(action="status", path="/metric/v2.0/*", status=403, body=body)
    refused = place.run("aml-workspace", **inputs)
    assert refused.code == 11
    assert "No right to write metrics." in refused.log
    assert "smoke-run-id" not in refused.outputs


@pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
def test_a_datastore_is_the_same_for_both_sdks(place: V1Workplace) -> None:
    told = place.sdk("""
        own = ws.get_default_datastore()
        store = Datastore.register_azure_blob_container(
            ws, "training", own.container_name, own.account_name, account_key=own.account_key
        )
        os.makedirs("data", exist_ok=True)
        with open("data/a.csv", "w") as file:
            file.write("1,2")
        store.upload("data", target_path="raw", show_progress=False)
        store.download("down", prefix="raw", show_progress=False)
        ws.set_default_datastore("training")
        tell(default=ws.get_default_datastore().name, names=sorted(ws.datastores))
        environment = Environment("steps")
        environment.python.conda_dependencies.add_pip_package("skops")
        first = environment.register(ws)
        environment.python.conda_dependencies.add_pip_package("joblib")
        tell(versions=[first.version, environment.register(ws).version])
        tell(packages=list(Environment.get(ws, "steps").python.conda_dependencies.pip_packages))
    """).told
    assert (place.folder / "down" / "raw" / "a.csv").read_text() == "1,2"
    assert told["default"] == "training"
    assert told["names"] == ["training", "workspaceartifactstore", "workspaceblobstore"]
    assert told["versions"] == ["1", "2"]
    assert {"skops", "joblib"} <= set(told["packages"])
    seen = (
        Workplace(place.cloud, place.environment, place.folder)
        .sdk("""
        store = ml.datastores.get("training")
        tell(account=store.account_name, default=ml.datastores.get_default().name)
    """)
        .told
    )
    assert seen["account"].startswith("winesa")
    assert seen["default"] == "training"


def test_what_is_wrong_is_said_as_azure_says_it(place: V1Workplace) -> None:
    told = place.sdk("""
        from azureml.exceptions import WebserviceException
        def failing(call):
            try:
                call()
            except Exception as error:
                return f"{type(error).__name__}: {error}"
        tell(
            model=failing(lambda: Model(ws, "nobody")),
            store=failing(lambda: Datastore.get(ws, "nowhere")),
            experiment=failing(lambda: Experiment(ws, "not/a name").start_logging()),
            workspace=failing(lambda: Workspace.get(
                "other", auth=ws._auth, subscription_id=ws.subscription_id,
                resource_group=ws.resource_group)),
        )
    """).told
    assert told["model"].startswith(("WebserviceException", "ModelNotFoundException"))
    assert "nowhere" in told["store"]
    assert told["experiment"]
    assert "Workspace not found" in told["workspace"]
