"""Where pipelines answer: ``/pipelines/v1.0/...`` of a workspace."""

from __future__ import annotations

from modelyard.local.cloud.aml.front import WORKSPACE, Answer
from modelyard.local.cloud.aml.v1.pipelines.callbacks import Callbacks
from modelyard.local.cloud.aml.v1.pipelines.entities import Entities
from modelyard.local.cloud.aml.v1.pipelines.published import PublishedPipelines
from modelyard.local.cloud.aml.v1.pipelines.responses import EntityResponses
from modelyard.local.cloud.aml.v1.pipelines.run_responses import PipelineResponses
from modelyard.local.cloud.aml.v1.pipelines.runs import PipelineRuns


def table(
    entities: Entities, runs: PipelineRuns, published: PublishedPipelines, waiting: Callbacks
) -> list[tuple[str, str, Answer]]:
    """Method, path and answer of each."""
    base = f"/pipelines/v1.0{WORKSPACE}"
    parts = EntityResponses(entities)
    answers = PipelineResponses(entities, runs, published, waiting)
    every = f"{base}/PipelineRuns"
    run = f"{every}/<run>"
    pipeline = f"{base}/Pipelines/<pipeline>"
    return [
        ("GET", f"{base}/DataTypes", parts.data_types),
        ("POST", f"{base}/Modules", parts.create_module),
        ("GET", f"{base}/Modules/<entity>", parts.module),
        ("GET", f"{base}/Modules/Hash/<digest>", parts.module_by_hash),
        ("POST", f"{base}/DataSources", parts.create_source),
        ("GET", f"{base}/DataSources/<entity>", parts.source),
        ("GET", f"{base}/DataSources/Hash/<digest>", parts.source_by_hash),
        ("GET", f"{base}/Graphs/<entity>", parts.graph),
        ("GET", f"{base}/Graphs/<entity>/Interface", parts.interface),
        ("POST", f"{every}/Unsubmitted/CreationInfoWithGraph", answers.create_run),
        ("POST", f"{every}/Submit/<run>", answers.submit),
        ("POST", f"{every}/PipelineSubmit/<pipeline>", answers.start),
        ("GET", f"{every}/Pipeline/<pipeline>", answers.runs_of),
        ("GET", run, answers.run),
        ("DELETE", f"{run}/Execution", answers.cancel),
        ("POST", f"{run}/Graph/Node/StatusCode", answers.node_code),
        ("POST", f"{run}/Graph/Node/Status", answers.node),
        ("GET", f"{run}/Graph/AllNodes/Status", answers.nodes),
        ("POST", f"{base}/Pipelines/Create", answers.publish),
        ("GET", f"{base}/Pipelines", answers.all_published),
        ("GET", pipeline, answers.published),
        ("PUT", f"{pipeline}/status", answers.set_state),
    ]
