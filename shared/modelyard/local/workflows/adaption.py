"""Copies of workflows and actions that act can run.

act doesn't know ``$/``, takes an action of another repository from GitHub, looks for runners by
their labels, and knows no approvals. In a copy

- a reference to a repository that lies here has the ref ``local``, which act is told the folder of;
- jobs run on this machine, whatever their label, without a container;
- jobs are called as :mod:`.job_names` has it;
- a job with an environment, or with the permission for identity tokens, begins with a step that
  waits for its approval and gets what the job may ask for tokens with. None of its other steps runs
  without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.workflows import conditions, job_names, references
from modelyard.local.workflows.model import CALL, Plan, Source
from modelyard.local.workflows.node_text import text_of
from modelyard.local.workflows.stand_ins import BEGIN, FIRST_STEP, STAND_INS

REF = "local"
LABEL = "modelyard-local"
"""What jobs run on."""
_BEGUN = f"steps.{FIRST_STEP}.outcome == 'success'"
_HERE = Place("", 1, 1)
_DROPPED = ("runs-on", "container", "services", "snapshot")


@dataclass(frozen=True)
class Names:
    """What copies are written with."""

    workflow: str
    """The name of the workflow that runs: called ones count as a part of it."""
    own: str
    """``OWNER/NAME`` of its repository."""
    here: frozenset[str]
    """The repositories that lie on this machine, in lower case."""
    beginning: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """The jobs that begin with a step of ours, by the repository and the path of their file."""

    @classmethod
    def of(cls, plan: Plan, own: str) -> Names:
        """Those of a plan, whose repository has a name."""
        beginning: dict[tuple[str, str], frozenset[str]] = {}
        for workflow in plan.workflow.all_workflows():
            ids = frozenset(job.id for job in workflow.jobs if job.begins_here)
            beginning[workflow.source.repository.lower(), workflow.source.path] = ids
        return cls(plan.workflow.name, own, frozenset(plan.repositories), beginning)


def adapted(source: Source, names: Names) -> str:
    """The YAML of a file's copy. Its expressions have been checked."""
    is_workflow = source.root.get("jobs") is not None
    root = _workflow(source, names) if is_workflow else _action(source, names)
    return text_of(root)


def is_called(source: Source) -> bool:
    """Whether a workflow may be called by others."""
    on = source.root.get("on")
    if isinstance(on, Scalar):
        return on.text == CALL
    if isinstance(on, Sequence):
        return any(isinstance(one, Scalar) and one.text == CALL for one in on.items)
    return isinstance(on, Mapping) and any(key.text == CALL for key, _ in on)


def _workflow(source: Source, names: Names) -> Mapping:
    called = is_called(source)
    entries: list[tuple[Scalar, Node]] = [(_plain("name"), _quoted(names.workflow))]
    for key, value in source.root:
        if key.text == "on" and called:
            value = _with_input(value)
        elif key.text == "jobs" and isinstance(value, Mapping):
            jobs = [(key, _job(key.text, one, source, names, called)) for key, one in value]
            value = Mapping(jobs, value.place)
        if key.text != "name":
            entries.append((key, value))
    return Mapping(entries, source.root.place)


def _with_input(on: Node) -> Mapping:
    """``on`` with one more input of ``workflow_call``."""
    if isinstance(on, Mapping):
        events = list(on)
    else:
        scalars = on.items if isinstance(on, Sequence) else [on]
        events = [(one, _quoted("")) for one in scalars if isinstance(one, Scalar)]
    found: list[tuple[Scalar, Node]] = []
    for key, value in events:
        if key.text == CALL:
            call = _entries(value)
            inputs = next((one for name, one in call if name.text == "inputs"), None)
            path = _mapping(type=_plain("string"), default=_quoted(""))
            more = Mapping([*_entries(inputs), (_plain(job_names.INPUT), path)], _HERE)
            kept = [(name, one) for name, one in call if name.text != "inputs"]
            value = Mapping([*kept, (_plain("inputs"), more)], _HERE)
        elif isinstance(value, Scalar) and not value.text:
            value = _plain("")
        found.append((key, value))
    return Mapping(found, _HERE)


def _job(id: str, node: Node, source: Source, names: Names, called: bool) -> Node:
    entries = _entries(node)
    known = {key.text: value for key, value in entries}
    title = _text(known.get("name")) or id
    found = [(key, value) for key, value in entries if key.text not in ("name", *_DROPPED)]
    name = job_names.name_of(id, title, called=called)
    found.insert(0, (_plain("name"), _quoted(name)))
    if "uses" in known:
        strategy = known.get("strategy")
        matrix = isinstance(strategy, Mapping) and strategy.get("matrix") is not None
        path = job_names.handed_on(id, title, called=called, matrix=matrix)
        given = Mapping(
            [*_entries(known.get("with")), (_plain(job_names.INPUT), _quoted(path))], _HERE
        )
        uses = _quoted(_local(_text(known["uses"]), source, names, workflow=True))
        replaced = [(key, value) for key, value in found if key.text not in ("uses", "with")]
        return Mapping([*replaced, (_plain("uses"), uses), (_plain("with"), given)], _HERE)
    steps = known.get("steps")
    items = steps.items if isinstance(steps, Sequence) else ()
    begins = id in names.beginning.get((source.repository.lower(), source.path), ())
    first = [_first(id, known.get("environment"), called)] if begins else []
    return Mapping(
        [
            *((key, value) for key, value in found if key.text != "steps"),
            (_plain("runs-on"), _quoted(LABEL)),
            (
                _plain("steps"),
                Sequence([*first, *_steps(items, source, names, guarded=begins)], _HERE),
            ),
        ],
        _HERE,
    )


def _first(id: str, environment: Node | None, called: bool) -> Node:
    """The step that a job begins with."""
    name = environment.get("name") if isinstance(environment, Mapping) else environment
    given = {
        "environment": _quoted(_text(name)),
        "job": _quoted(job_names.name_of(id, "", called=called)),
    }
    return _mapping(
        id=_quoted(FIRST_STEP), uses=_quoted(f"{BEGIN}@{REF}"), **{"with": _mapping(**given)}
    )


def _steps(
    steps: Iterable[Node], source: Source, names: Names, *, guarded: bool = False
) -> Iterator[Node]:
    for step in steps:
        found: list[tuple[Scalar, Node]] = []
        for key, value in _entries(step):
            if key.text == "uses":
                value = _quoted(_local(_text(value), source, names))
            elif key.text == "if" and guarded:
                value = _quoted(_if_begun(value))
            found.append((key, value))
        yield Mapping(found, step.place)


def _if_begun(condition: Node) -> str:
    """Even a step with ``always()`` runs only in a job that has begun."""
    return conditions.guarded(_text(condition), _BEGUN)


def _action(source: Source, names: Names) -> Mapping:
    """``action.yml`` of a composite action, whose steps may name others."""
    entries: list[tuple[Scalar, Node]] = []
    for key, value in source.root:
        if key.text == "runs" and isinstance(value, Mapping):
            steps = value.get("steps")
            if isinstance(steps, Sequence):
                changed = Sequence(list(_steps(steps.items, source, names)), steps.place)
                kept = [(name, one) for name, one in value if name.text != "steps"]
                value = Mapping([*kept, (_plain("steps"), changed)], value.place)
        entries.append((key, value))
    return Mapping(entries, source.root.place)


def _local(uses: str, source: Source, names: Names, *, workflow: bool = False) -> str:
    """What a copy says for ``uses``."""
    reference = references.parse(uses)
    if reference is None or (uses.startswith(references.WORKSPACE) and not workflow):
        return uses
    repository = reference.repository or source.repository or names.own
    if reference.repository and repository.lower() not in {*names.here, *STAND_INS}:
        return uses
    return f"{'/'.join(filter(None, (repository, reference.path)))}@{REF}"


def _entries(node: Node | None) -> list[tuple[Scalar, Node]]:
    return list(node) if isinstance(node, Mapping) else []


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _plain(text: str) -> Scalar:
    return Scalar(text, _HERE)


def _quoted(text: str) -> Scalar:
    return Scalar(text, _HERE, quoted=True)


def _mapping(**entries: Node) -> Mapping:
    return Mapping([(_plain(name), value) for name, value in entries.items()], _HERE)
