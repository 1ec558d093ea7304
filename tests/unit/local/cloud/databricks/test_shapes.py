from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.cloud.databricks import shapes
from modelyard.local.cloud.databricks.clusters import specification
from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.jobs import settings
from modelyard.local.cloud.databricks.policies import rules
from modelyard.local.cloud.databricks.pools.models import _checked as checked_pool

SHAPE = {"name": str, "count": int, "on": bool, "items": [{"key": str}], "any": {}}


def test_fields_of_the_right_shape_and_unknown_fields_pass() -> None:
    good = {"name": "a", "count": 1, "on": True, "items": [{"key": "k", "x": 1}], "any": {"y": 2}}
    shapes.check({**good, "other": object()}, SHAPE)
    shapes.check({}, SHAPE)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], r"The body must be an object, not \[\]"),
        ({"name": 5}, "name must be a string, not 5"),
        ({"count": True}, "count must be a whole number, not True"),
        ({"count": "1"}, "count must be a whole number, not '1'"),
        ({"on": 1}, "on must be true or false, not 1"),
        ({"items": {}}, "items must be a list"),
        ({"items": [{"key": "a"}, {"key": 2}]}, r"items\[1\]\.key must be a string, not 2"),
        ({"any": "x" * 1000}, r"not 'xxx.*\.\.\.$"),
    ],
)
def test_the_field_is_named(value: Any, told: str) -> None:
    with pytest.raises(ApiError, match=told):
        shapes.check(value, SHAPE)


def test_null_is_nothing() -> None:
    assert shapes.without_nulls({"a": None, "b": [{"c": None, "d": 1}, None]}) == {"b": [{"d": 1}]}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
NOTEBOOK = {"notebook_path": "/x", "base_parameters": {"a": "b"}}
JOB: dict[str, Any] = {
    "name": "n",
    "timeout_seconds": 5,
    "max_concurrent_runs": 1,
    "queue": {"enabled": True},
    "parameters": [{"name": "p", "default": "d"}],
    "job_clusters": [{"job_cluster_key": "k", "new_cluster": {"spark_version": "v"}}],
    "tasks": [
        {
            "task_key": "a",
            "notebook_task": NOTEBOOK,
            "job_cluster_key": "k",
            "libraries": [{"pypi": {"package": "x"}}],
            "max_retries": 1,
        },
        {
            "task_key": "b",
            "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "2"},
            "depends_on": [{"task_key": "a"}],
            "run_if": "ALL_DONE",
        },
        {
            "task_key": "c",
            "spark_python_task": {"python_file": "dbfs:/x", "parameters": ["p"]},
            "existing_cluster_id": "c",
            "depends_on": [{"task_key": "b", "outcome": "true"}],
        },
    ],
}
CLUSTER: dict[str, Any] = {
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "Standard_DS3_v2",
    "autoscale": {"min_workers": 1, "max_workers": 2},
    "autotermination_minutes": 20,
    "spark_conf": {"a": "b"},
    "init_scripts": [{"workspace": {"destination": "/x"}}],
}
POLICY: dict[str, Any] = {
    "spark_version": {"type": "allowlist", "values": ["15.4.x-scala2.12"], "defaultValue": "x"},
    "autoscale.max_workers": {"type": "range", "minValue": 1, "maxValue": 4, "isOptional": True},
    "node_type_id": {"type": "regex", "pattern": "Standard_.*"},
}
POOL: dict[str, Any] = {
    "instance_pool_name": "p",
    "node_type_id": "Standard_DS3_v2",
    "min_idle_instances": 1,
    "preloaded_spark_versions": ["15.4.x-scala2.12"],
}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    found = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], dict | list):
            found += places(value[key])
    return found


@st.composite
def spoilt(draw: st.DrawFn, good: dict[str, Any]) -> dict[str, Any]:
    """A good request with one value that is anything."""
    request = copy.deepcopy(good)
    container, key = draw(st.sampled_from(places(request)))
    container[key] = draw(ANYTHING)
    return request


def job(request: dict[str, Any]) -> None:
    settings.check(
        shapes.without_nulls(request),
        serverless=True,
        check_cluster=lambda _: None,
        check_new_cluster=lambda _: None,
    )


def cluster(request: dict[str, Any]) -> None:
    specification.check(specification.specification(request))


def policy(request: dict[str, Any]) -> None:
    rules.apply(rules.check_definition(request), CLUSTER, "job")


@pytest.mark.parametrize(
    ("check", "good"), [(job, JOB), (cluster, CLUSTER), (policy, POLICY), (checked_pool, POOL)]
)
def test_no_request_breaks_a_check(check: Any, good: dict[str, Any]) -> None:
    check(good)

    @given(spoilt(good))
    def breaks(request: dict[str, Any]) -> None:
        with contextlib.suppress(ApiError):
            check(request)

    breaks()
