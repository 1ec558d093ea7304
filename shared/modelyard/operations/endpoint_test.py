"""endpoint-test: send rows to a scoring endpoint and assert what comes back."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from modelyard import summary
from modelyard.azureml import online, web_services, workspaces
from modelyard.context import Context
from modelyard.endpoints import local, rows, scoring
from modelyard.errors import InputError, NotFound
from modelyard.operation import Operation, Structure, given, result
from modelyard.operations.deployments.endpoint_name import check_endpoint
from modelyard.operations.deployments.plain_values import (
    check_count,
    check_latency,
    check_sendable,
)
from modelyard.operations.inputs import times
from modelyard.operations.inputs.azureml_inputs import (
    AzureMLInputs,
    connect,
    connect_region,
    place_of,
)
from modelyard.reading import nearest

ONLINE = ("managed", "kubernetes")
SERVICES = ("aci", "aks")


@dataclass(frozen=True, kw_only=True)
class Inputs(AzureMLInputs):
    target: str = given(
        "What scoring-url or endpoint names: any scoring URL, an endpoint of the local cloud, an "
        "online endpoint of Azure ML, managed or on Kubernetes, or a web service on a container "
        "instance (aci) or on AKS.",
        default="url",
        choices=("url", "local", "managed", "kubernetes", "aci", "aks"),
    )
    scoring_url: str | None = given(
        "Address to send the rows to, with target url.",
        default=None,
        visible_when="target = url",
    )
    key: str | None = given(
        "Key or token sent as a bearer token, with target url. With the other targets it is "
        "looked up, and this one isn't sent.",
        default=None,
        secret=True,
        environment=("MODELYARD_ENDPOINT_KEY",),
        visible_when="target = url",
    )
    endpoint: str | None = given(
        "Name of the endpoint, with the other targets.",
        default=None,
        visible_when="target != url",
    )
    deployment: str | None = given(
        "Deployment of the endpoint of Azure ML that shall answer. Default: as the traffic goes.",
        default=None,
        visible_when="target != url",
    )
    rows: Structure = given(
        "Rows to score: a list of objects, or a request body with dataframe_split, "
        "dataframe_records, instances or inputs; in place or a file.",
        file=True,
    )
    expect_count: int | None = given(
        "Predictions that have to come back to each request. Default: as many as there are rows.",
        default=None,
    )
    expect_type: str = given(
        "Type that every prediction has to be of.", default="any", choices=scoring.KINDS
    )
    expect_authentication: bool = given(
        "Assert that a request without the key is refused.", default=False
    )
    requests: int = given("How often the rows are sent, to measure the latency.", default=5)
    max_latency_milliseconds: float | None = given(
        "Fail when the median of the requests takes longer than this.", default=None
    )
    timeout_seconds: float = given("Seconds to wait for one answer.", default=60.0)
    local_cloud_url: str | None = given(
        "Address of the local cloud, with target local.",
        default=None,
        environment=("MODELYARD_LOCAL_URL",),
        visible_when="target = local",
    )
    local_cloud_token: str | None = given(
        "Token for the local cloud, with target local.",
        default=None,
        secret=True,
        environment=("DATABRICKS_TOKEN",),
        visible_when="target = local",
    )


@dataclass(frozen=True)
class Outputs:
    scoring_url: str | None = result("The address that was tested; set before the test.")
    count: int | None = result(
        "Number of predictions for the last request; set when they came back."
    )
    predictions: Any = result(
        "The predictions of the last request as JSON, NaN and infinity as null; set when they "
        "came back."
    )
    latency_milliseconds: float | None = result(
        "Median latency of the requests; set when they came back."
    )
    error: str | None = result("What is wrong; set when the test failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    if inputs.requests < 1:
        raise InputError(f"requests is {inputs.requests}; at least 1 is needed to test anything")
    if not 0 < inputs.timeout_seconds <= times.MOST_SECONDS:
        raise InputError(
            f"timeout-seconds is {inputs.timeout_seconds:g}",
            fix=f"give seconds above 0 and up to {times.MOST_SECONDS}, such as 60",
        )
    check_count(inputs.expect_count)
    check_latency(inputs.max_latency_milliseconds)
    check_sendable(inputs.rows, "rows")
    to_score = rows.read(inputs.rows)
    if inputs.deployment and inputs.target not in ONLINE:
        raise InputError(f"target {inputs.target} has no deployment to name")
    url, key = _where(inputs, context)
    if key:
        context.ci.mask(key)
    context.publish(scoring_url=url)
    answer = scoring.score(
        url,
        to_score,
        clock=context.clock,
        key=key,
        requests=inputs.requests,
        timeout=inputs.timeout_seconds,
        deployment=inputs.deployment or "",
    )
    latency = round(answer.median_milliseconds, 1)
    predictions = [_in_json(one) for one in answer.predictions]
    context.publish(count=len(predictions), predictions=predictions, latency_milliseconds=latency)
    expected = to_score.count if inputs.expect_count is None else inputs.expect_count
    scoring.check(answer, count=expected, kind=scoring.kind_of(inputs.expect_type))
    if inputs.expect_authentication:
        scoring.check_refuses_strangers(url, to_score, clock=context.clock)
    scoring.check_latency(answer, inputs.max_latency_milliseconds)
    context.log.info("%d of %d rows scored, %s ms median", len(predictions), expected, latency)
    row = (summary.code(url), f"{len(predictions)} of {expected} scored", f"{latency} ms")
    shown = json.dumps([_rounded(one) for one in predictions[:10]])
    context.ci.summary(
        f"{summary.table(('endpoint', 'rows', 'median'), [row])}\n\n"
        f"First predictions: {summary.code(shown)}\n"
    )
    return Outputs()


def _in_json(prediction: Any) -> Any:
    """NaN and infinity as null: Python writes and reads them, JSON doesn't have them."""
    if isinstance(prediction, float) and not math.isfinite(prediction):
        return None
    if isinstance(prediction, dict):
        return {name: _in_json(one) for name, one in prediction.items()}
    return [_in_json(one) for one in prediction] if isinstance(prediction, list) else prediction


def _rounded(prediction: Any) -> Any:
    """To be read by people; the output has all digits."""
    if isinstance(prediction, float):
        return float(f"{prediction:.6g}")
    return [_rounded(one) for one in prediction] if isinstance(prediction, list) else prediction


def _where(inputs: Inputs, context: Context) -> tuple[str, str]:
    """Scoring URL, and the key, which isn't masked yet."""
    if inputs.target == "url":
        if not inputs.scoring_url:
            raise InputError("target url needs scoring-url")
        return inputs.scoring_url, inputs.key or ""
    if not inputs.endpoint:
        raise InputError(f"target {inputs.target} needs the name of an endpoint")
    check_endpoint(inputs.endpoint, any_case=True)
    if inputs.target in ONLINE:
        return _online(inputs, inputs.endpoint, context)
    if inputs.target in SERVICES:
        return _service(inputs, inputs.endpoint, context)
    session = local.connect(inputs.local_cloud_url, inputs.local_cloud_token, clock=context.clock)
    found = local.find(session, inputs.endpoint)
    if found is None:
        there = local.names(session)
        raise NotFound(
            f"the local cloud has no endpoint {inputs.endpoint}{nearest(inputs.endpoint, there)}",
            cause=f"it has {', '.join(there) or 'none at all'}",
            fix="name one of them" if there else "deploy a model with target local first",
        )
    return found.scoring_url, local.key(session, inputs.endpoint)


def _online(inputs: Inputs, name: str, context: Context) -> tuple[str, str]:
    place = place_of(inputs, context)
    session = connect(inputs, context, read_only=True)
    found = online.find(session, place, name)
    if found is None:
        raise NotFound(
            f"the workspace {place.workspace} has no online endpoint {name}",
            fix="check the name, or deploy it first by model-deploy",
        )
    return found.scoring_url, online.key(session, place, found)


def _service(inputs: Inputs, name: str, context: Context) -> tuple[str, str]:
    place = place_of(inputs, context)
    workspace = workspaces.require(connect(inputs, context, read_only=True), place)
    region = connect_region(inputs, context, workspace, read_only=True)
    found = web_services.find(region, place, name)
    if found is None or found.kind.lower() != inputs.target:
        raise NotFound(
            f"the workspace {place.workspace} has no web service {name} on {inputs.target.upper()}",
            fix="check the name and the target, or deploy it first by model-deploy",
        )
    return found.scoring_url, web_services.key(region, place, found)


OPERATION = Operation(
    name="endpoint-test",
    title="Test a scoring endpoint",
    description="Sends rows to a scoring endpoint and asserts the status, the number and the type "
    "of the predictions, and where asked the latency and that a key is needed.",
    group="deployment",
    task_id="6f0f2c1c-8c5a-4b6e-9a52-3c5b7a0d4e11",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example="scoring-url: https://wine.example.azurecontainer.io/score\n"
    "rows: examples/wine-quality/rows.json\nexpect-type: number",
)
