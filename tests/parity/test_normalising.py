"""What the comparison of the three ways lets pass, and what it doesn't."""

from __future__ import annotations

import pytest

from modelyard.local.cloud.requests_log import Entry
from parity.normalising import RULES, VARYING, calls, normal, outputs, without_repeats

HEX = "0123456789abcdef0123456789abcdef"
GUID = "01234567-89ab-cdef-0123-456789abcdef"
AML = "/resourceGroups/parity/providers/Microsoft.MachineLearningServices/workspaces/parity"
MODEL_VERSION = f"{AML}/models/parity/versions/1"
SHOWN = {
    "GUIDs": (f"app {GUID}.", "app <guid>."),
    "digests of images": (f"wine@sha256:{HEX}{HEX}", "wine@sha256:<digest>"),
    "ids of clusters and pools": ("0101-010101-abc12 0101-010101-abc12-pool-x1", "<id> <id>"),
    "random names": (
        "/tmp/modelyard-databrickscfg-0123456789abcdef",
        "/tmp/modelyard-databrickscfg-<random>",
    ),
    "names of AKS clusters": (
        "aks-0123456789ab.local.cloudapp.azure.com",
        "aks-<random>.local.cloudapp.azure.com",
    ),
    "ids of MLflow, shortened in a chart": (f"{HEX[:24]}…", "<mlflow-id>"),
    "ids of MLflow and of uploads": (f"{HEX} m-{HEX}", "<mlflow-id> <mlflow-id>"),
    "the port of the local cloud": ("http://127.0.0.1:4711/x", "http://127.0.0.1:<port>/x"),
    "times": ("2026-01-31T12:00:00.5Z", "<time>"),
    "durations": ("after 1 min 2.5 s and 12 ms", "after <duration> and <duration>"),
    "durations in JSON": ('{"duration_seconds": 1.25}', '{"duration_seconds": <duration>}'),
}


def entry(path: str = "/api/x", status: int = 200, **fields: str) -> Entry:
    return Entry(1.0, "POST", "adb-1.azuredatabricks.net:443", path, status, 2.0, fields=fields)


def test_every_rule_has_an_example() -> None:
    assert [name for name, _, _ in RULES] == list(SHOWN)


@pytest.mark.parametrize(("text", "expected"), SHOWN.values(), ids=SHOWN)
def test_what_may_differ_is_replaced(text: str, expected: str) -> None:
    assert normal(text, {}) == expected


@pytest.mark.parametrize(
    "text",
    ["SUCCESS", "run 841", "0.5", "127.0.0.1", "sha256:0123", "10 workers", "1.2.3", HEX[:16]],
)
def test_anything_else_stays(text: str) -> None:
    assert normal(text, {}) == text


def test_the_longest_folder_goes_first() -> None:
    folders = {"/work": "<files>", "/work/temporary": "<temporary>"}
    assert normal("/work/temporary/a /work/b", folders) == "<temporary>/a <files>/b"


def test_outputs_that_are_measured_have_to_be_there_and_no_more() -> None:
    found = outputs({"size": "123", "latency-milliseconds": "4.5", "count": "5"}, {})
    assert found == {"size": "<measured>", "latency-milliseconds": "<measured>", "count": "5"}


@pytest.mark.parametrize(
    "other",
    [
        entry("/api/y", name="d1", num="d2"),
        entry(status=201, name="d1", num="d2"),
        entry(name="d1", num="another"),
        entry(name="d1"),
        entry(name="d1", num="d2", more="d3"),
        entry(name="d1", num_workers="d2"),
    ],
    ids=["path", "status", "value", "field less", "field more", "field's name"],
)
def test_calls_differ_by(other: Entry) -> None:
    assert calls([other], {}) != calls([entry(name="d1", num="d2")], {})


@pytest.mark.parametrize(
    "other",
    [
        Entry(9.0, "POST", "adb-1.azuredatabricks.net", "/api/x", 200, 8.0, fields={"name": "d1"}),
        entry(f"/api/x/{GUID}", name="d1"),
    ],
    ids=["time and port", "id in the path"],
)
def test_calls_do_not_differ_by(other: Entry) -> None:
    path = other.path.replace(GUID, f"f{GUID[1:]}")
    assert calls([other], {}) == calls([entry(path, name="d1")], {})


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/2.1/clusters/get", "?cluster_id[0]"),
        ("/api/2.2/jobs/runs/submit", "tasks[0].existing_cluster_id"),
        ("/api/2.2/jobs/run-now", "idempotency_token"),
        ("/api/2.1/clusters/create", "custom_tags.modelyard-token"),
        ("/api/2.2/jobs/run-now", "notebook_params.mlflow_run"),
        ("/api/2.0/mlflow/runs/get", "?run_id[0]"),
        ("/v2/parity/blobs/uploads/x", "?digest[0]"),
        ("/modelyard/endpoints/parity", "image"),
        ("/<guid>/oauth2/v2.0/token", "client_secret[0]"),
        ("/metric/v2.0/subscriptions/<guid>/runs/<guid>/batch", "values[0].value[0].metricId"),
        (MODEL_VERSION, "properties.tags.created_by"),
        (f"{AML}/onlineEndpoints/wine", "tags.modelyard.rollout"),
        ("/modelmanagement/v1.0/<guid>/services", "kvTags.modelyard.rollout"),
    ],
)
def test_a_value_that_varies_has_to_be_the_same_one_throughout(path: str, field: str) -> None:
    def asked(*digests: str) -> list[str]:
        return calls([entry(path, **{field: digest}) for digest in digests], {})

    assert asked("a1", "b2", "a1") == asked("c3", "d4", "c3")
    assert asked("a1", "b2", "a1") != asked("c3", "d4", "d4")
    assert asked("a1") != calls([entry(path)], {})


@pytest.mark.parametrize("field", ["?se[0]", "?sig[0]"])
def test_addresses_of_uploads_may_be_signed_in_one_second_or_in_two(field: str) -> None:
    def sent(*digests: str) -> list[str]:
        folder = "/azureml/LocalUpload/modelyard-1"
        return calls(
            [entry(f"{folder}/{number}", **{field: one}) for number, one in enumerate(digests)], {}
        )

    assert sent("a1", "a1") == sent("a1", "b2")
    assert sent("a1") != calls([entry("/azureml/LocalUpload/modelyard-1/0")], {})
    elsewhere = [calls([entry("/other", **{field: one})], {}) for one in ("a1", "b2")]
    assert elsewhere[0] != elsewhere[1]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/2.2/jobs/runs/get", "?run_id[0]"),
        ("/api/2.1/clusters/create", "cluster_name"),
        ("/api/2.1/clusters/create", "custom_tags.team"),
        ("/api/2.0/secrets/put", "string_value"),
        ("/api/2.0/workspace/import", ""),
        ("/<guid>/oauth2/v2.0/token", "scope[0]"),
        ("/azureml-blobstore-<guid>/LocalUpload/0/model/MLmodel", "?sp[0]"),
        ("/azureml-blobstore-<guid>/LocalUpload/0/model/MLmodel", ""),
        (MODEL_VERSION, "properties.tags.state"),
        (f"{AML}/onlineEndpoints/wine", "tags.modelyard.proven"),
        (MODEL_VERSION, "properties.tags.rollout"),
        (f"{AML}/environments/parity/versions/1", "properties.tags.created_by"),
    ],
)
def test_any_other_value_may_not_vary(path: str, field: str) -> None:
    one, other = (calls([entry(path, **{field: digest})], {}) for digest in ("a1", "b2"))
    assert one != other


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ("a a a b", "a b"),
        ("a b a b a b c", "a b c"),
        ("a b c a b c d", "a b c d"),
        ("a b a c", "a b a c"),
        ("a b c d a b c d", "a b c d a b c d"),  # four in turn are no polling
    ],
)
def test_polling_counts_once(found: str, kept: str) -> None:
    assert without_repeats(found.split()) == kept.split()


def test_every_row_of_the_tables_has_a_name() -> None:
    assert all(name for name, _, _ in (*RULES, *VARYING))


def test_a_folder_has_its_name_in_outputs_too() -> None:
    assert outputs({"path": "/work/x/a"}, {"/work/x": "<files>"}) == {"path": "<files>/a"}
