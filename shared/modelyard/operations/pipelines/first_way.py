"""Pipelines of SDK v1: the user's own Python makes one, which is validated, run or published."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelyard import summary
from modelyard.azureml import workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.first_sdk import SUPPORT_ENDED, interpreter
from modelyard.azureml.first_sdk.conversation import Conversation, Json
from modelyard.context import Context
from modelyard.credentials import RefreshingToken, Token
from modelyard.errors import FileError, InputError
from modelyard.names import plural
from modelyard.operations.inputs import times
from modelyard.operations.inputs.azureml_inputs import connect, place_of
from modelyard.operations.inputs.destinations import branch_name
from modelyard.operations.inputs.signing_in import SignedIn, signed_in
from modelyard.operations.inputs.tags import job_tags
from modelyard.operations.pipelines import job_watch, marker, v1_runs
from modelyard.operations.pipelines.marker import Marker
from modelyard.operations.pipelines.pipeline_inputs import (
    PUBLISH,
    VALIDATE,
    PipelineInputs,
    PipelineOutputs,
)
from modelyard.operations.pipelines.program_variables import without_credentials
from modelyard.operations.pipelines.settings import read_settings
from modelyard.parameters import read_parameters

DEFINITION = re.compile(r"(?P<path>.+\.py)(?::(?P<function>\w*))?")
"""``path.py:function``"""


@dataclass(frozen=True)
class _Asked:
    """What the inputs say, checked before anything is started."""

    path: str
    function: str
    settings: Json
    parameters: dict[str, str]
    """Set anew at the submit."""
    tags: dict[str, str]
    python: Path


def is_definition(text: str) -> bool:
    """Whether it names Python, and no YAML."""
    return DEFINITION.fullmatch(text) is not None


def run(inputs: PipelineInputs, context: Context) -> PipelineOutputs:
    """Validate, submit or publish."""
    asked = _asked(inputs, context)
    place = place_of(inputs, context)
    facts = _facts(inputs, context, place)
    path = marker.path_of(inputs, facts["name"])
    context.log.info("%s", SUPPORT_ENDED)
    who = signed_in(inputs, context)
    session = connect(inputs, context, read_only=True)
    workspaces.require(session, place)
    variables = without_credentials(context.environment)
    tokens, show = _tokens(who, context), context.ci.write
    with Conversation(asked.python, variables, token=tokens, show=show) as talk:
        built = talk.ask(
            "build",
            path=asked.path,
            function=asked.function,
            where=_where(place),
            cloud=who.cloud.connection_name,  # as the SDK names it
            settings=asked.settings,
            parameters=asked.parameters,
            facts=facts,
        )
        _check(inputs, asked, built)
        steps: list[str] = built["steps"]
        told = ", ".join(steps)
        context.log.info(
            "%s is valid: %s (%s)", inputs.definition, plural(len(steps), "step"), told
        )
        experiment = inputs.experiment_name or facts["name"]
        context.publish(experiment_name=experiment)
        mark = None
        if path is not None:  # looked at before the publish, which nothing takes back
            datastore = inputs.marker_datastore or talk.ask("default_datastore")["name"]
            mark = Marker(datastore, path)
            mark.check(session, place)
        if facts["action"] == VALIDATE:
            return PipelineOutputs()
        talk.ask("upload")  # what takes long, before a signal is held back
        if inputs.action == PUBLISH:
            return _published(talk, inputs, context, place, facts, mark)
        started = _started(talk, asked, experiment, context)
    return _waited(inputs, context, place, started, experiment)


def _tokens(who: SignedIn, context: Context) -> Callable[[], str]:
    """Gives a token that lasts a while, as often as it is called: as long as the program runs.

    The definition has it in its hands, and what it prints is shown: each is masked when it is new.
    """

    def minted() -> Token:
        token = who.sign_in.mint(who.cloud.resource_manager)
        context.ci.mask(token.value)
        return token

    credential = RefreshingToken(minted, clock=context.clock)
    return lambda: credential.headers()["Authorization"].partition(" ")[2]


def _asked(inputs: PipelineInputs, context: Context) -> _Asked:
    found = DEFINITION.fullmatch(inputs.definition)
    assert found is not None
    if not found["function"]:
        raise InputError(
            f"definition is {inputs.definition!r}, and names no function in the file",
            fix=f"set it to {found['path']}:NAME, the function that gives back the pipeline",
        )
    if not Path(found["path"]).is_file():
        raise FileError(
            f"the definition {found['path']} isn't there",
            fix="check the path, from the working directory, and that a checkout comes before",
        )
    parameters = read_parameters("parameters", inputs.parameters)
    if parameters and inputs.action == PUBLISH:
        raise InputError(
            "parameters are given, and publishing sets none",
            cause="a published pipeline has the defaults of its definition",
            fix="give them when it is triggered, or change the defaults by config",
        )
    if inputs.action != PUBLISH and (inputs.marker_path or inputs.disable_older):
        raise InputError("marker-path and disable-older are for the action publish alone")
    return _Asked(
        path=found["path"],
        function=found["function"],
        settings=read_settings(inputs.config),
        parameters=parameters,
        tags=job_tags(inputs.tags, context),
        python=interpreter.find(inputs.sdk_environment),
    )


def _facts(inputs: PipelineInputs, context: Context, place: Place) -> dict[str, str]:
    identity = context.ci.identity()
    environment = branch_name(identity.branch) or "local"
    only_look = inputs.action == VALIDATE or inputs.dry_run
    return {
        "name": inputs.pipeline_name or f"{place.workspace}-{environment}",
        "environment": environment,
        "version": inputs.pipeline_version or identity.run,
        "commit": identity.commit,
        "action": VALIDATE if only_look else inputs.action,
    }


def _check(inputs: PipelineInputs, asked: _Asked, built: Json) -> None:
    """:raises FileError, InputError:"""
    if problems := built["problems"]:
        raise FileError(
            f"{inputs.definition} isn't valid:\n" + "\n".join(f"  {one}" for one in problems),
            fix="correct what the lines name",
        )
    v1_runs.check_parameters(asked.parameters, set(built["parameters"]), inputs.definition)


def _started(talk: Conversation, asked: _Asked, experiment: str, context: Context) -> str:
    """The id of the run. An attempt that has started one before finds it again by a tag."""
    payload = (asked.path, asked.function, asked.settings, asked.parameters)
    attempt = context.idempotency_token(*payload)[:32]
    with context.shield():
        answer = talk.ask("submit", experiment=experiment, attempt=attempt)
        run = str(answer["run"])
        context.keep(v1_runs.KEY, run)  # before anything else can fail
        if not answer["before"]:
            talk.ask("tag", tags=asked.tags, attempt=attempt)
    if answer["before"]:
        context.log.info("run %s was started before by this attempt", run)
    return run


def _waited(
    inputs: PipelineInputs, context: Context, place: Place, run: str, experiment: str
) -> PipelineOutputs:
    session = v1_runs.api(inputs, context, place)
    watch = v1_runs.watch_of(session, place, run, context, experiment)
    job = watch.require()
    context.publish(run_id=run, run_url=job.url, status=job.state.name)
    context.log.info("pipeline run %s: %s  %s", run, job.state.name, job.url)
    if not inputs.wait:
        context.let_go(v1_runs.KEY)  # it goes on without this step
        return PipelineOutputs(status=job.state.name)
    return job_watch.to_the_end(watch, v1_runs.KEY, times.time_out(inputs.timeout_minutes))


def _published(
    talk: Conversation,
    inputs: PipelineInputs,
    context: Context,
    place: Place,
    facts: dict[str, str],
    mark: Marker | None,
) -> PipelineOutputs:
    """Published first, then marked, and only then those that were there before are disabled."""
    name, version = facts["name"], facts["version"]
    # Before the publish: what another job publishes meanwhile is not older than this.
    older = talk.ask("active", name=name)["ids"] if inputs.disable_older else []
    with context.shield():
        made = talk.ask("publish", name=name, version=version, description=inputs.description or "")
        context.publish(pipeline_id=made["id"], pipeline_endpoint=made["endpoint"])
    context.log.info("published pipeline %s %s: %s", name, version, made["id"])
    rows = [("pipeline", name), ("version", version), ("id", str(made["id"]))]
    if mark is not None:
        mark.write(connect(inputs, context, read_only=False), place, made["id"])
        context.publish(marker=f"{mark.datastore}/{mark.path}")
        context.log.info("its id is in %s of the datastore %s", mark.path, mark.datastore)
    if inputs.disable_older:
        talk.ask("disable", ids=older)
        context.log.info("older pipelines %s: %d disabled", name, len(older))
        rows.append(("disabled", ", ".join(older) or "none"))
    cells = [(one, summary.escape(what)) for one, what in rows]
    context.ci.summary(summary.table(("published", ""), cells))
    return PipelineOutputs()


def _where(place: Place) -> dict[str, str]:
    return {
        "name": place.workspace,
        "subscription_id": place.subscription,
        "resource_group": place.group,
    }
