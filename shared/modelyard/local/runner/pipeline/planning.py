"""From a file to the plan.

Templates are expanded first, then the whole is checked; one error tells all that is wrong.

Source: learn.microsoft.com, ``pipelines/process/runs`` ("Process the pipeline").
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelyard.local.runner.pipeline import parameters as parameter_binding
from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.expansion import Expander
from modelyard.local.runner.pipeline.files import Files, Overflow
from modelyard.local.runner.pipeline.given_parameters import given_nodes
from modelyard.local.runner.pipeline.inclusion import Inclusion
from modelyard.local.runner.pipeline.known_tasks import KnownTask
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, Sequence
from modelyard.local.runner.pipeline.plan import Parameter, Pipeline, Place, Plan
from modelyard.local.runner.pipeline.problems import Problems, Stop
from modelyard.local.runner.pipeline.resource_declarations import resources
from modelyard.local.runner.pipeline.run_expressions import check_run_expressions
from modelyard.local.runner.pipeline.scope import Scope
from modelyard.local.runner.pipeline.stages import pipeline
from modelyard.runner_errors import PipelineError


def plan(
    path: Path,
    *,
    parameters: MappingOf[str, Any] | None = None,
    variables: MappingOf[str, str] | None = None,
    repositories: MappingOf[str, Path] | None = None,
    tasks: MappingOf[str, KnownTask] | None = None,
    predefined: MappingOf[str, str] | None = None,
    root: Path | None = None,
) -> Plan:
    """The plan of a pipeline.

    :param path: the pipeline's YAML file.
    :param parameters: values for its parameters. Texts are read as YAML where the type isn't a
        scalar.
    :param variables: variables given when the run is asked for. Expressions of compile time don't
        see them.
    :param repositories: folders of repository resources, by alias.
    :param tasks: by ``name@major`` in lower case; None checks neither tasks nor their inputs.
    :param predefined: variables that the service knows before a run, such as
        ``Build.SourceBranch``, for expressions of compile time.
    :param root: the repository's folder; else the nearest above the file that has ``.git``, else
        the file's own.
    :raises PipelineError: with everything that is wrong.
    """
    problems = Problems()
    root = root or repository_root(path)
    files = Files(root, repositories or {}, problems)
    found: Pipeline | None = None
    try:
        with _uncollected():
            found = _pipeline(path, files, parameters or {}, tasks, dict(predefined or {}))
    except (Stop, Overflow):
        pass  # Both are among the problems.
    except RecursionError:
        problems.add(Place(path.name, 1, 1), "the pipeline is nested too deeply")
    if problems.found or found is None:
        raise PipelineError.of(problems.found)
    names = tuple(name for name, source in files.sources.items() if source)
    return Plan(found, root, dict(variables or {}), names, tuple(problems.warnings))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Planning only adds to what there is, up to its limit: looking through all of it for circles
    again and again finds none, and makes the time grow faster than the pipeline."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def repository_root(path: Path) -> Path:
    """The folder that templates' absolute paths count from."""
    folder = path.resolve().parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return folder


def _pipeline(
    path: Path,
    files: Files,
    given: MappingOf[str, Any],
    tasks: MappingOf[str, KnownTask] | None,
    predefined: dict[str, Any],
) -> Pipeline:
    problems = files.problems
    source = files.main(path)
    expander = Expander(files, problems)
    inclusion = Inclusion(expander)
    expander.include = inclusion.members
    files.declare(source.root)
    declared = parameter_binding.declarations(source, problems)
    scope = Scope({}, predefined, file=source.name)
    binding = parameter_binding.Binding(problems, expander, scope, "")
    nodes = given_nodes(declared, given, problems)
    values = parameter_binding.bound(declared, nodes, source.root.place, binding)
    root, resource_nodes = _expanded(
        _without_parameters(source.root), replace(scope, parameters=values), inclusion
    )
    building = Building(problems, tasks)
    folders = {name: folder for name, folder in files.folders.items() if name != "self"}
    building.resources = resources(resource_nodes, folders, building)
    chosen = tuple(
        Parameter(one.name, one.type or "object", values[one.name], one.place, one.display_name)
        for one in declared
    )
    found = pipeline(root, chosen, building)
    check_run_expressions(found, building)
    return found


def _without_parameters(root: Mapping) -> Mapping:
    return Mapping([(key, node) for key, node in root if key.text != "parameters"], root.place)


def _expanded(root: Mapping, scope: Scope, inclusion: Inclusion) -> tuple[Mapping, list[Node]]:
    """The expanded pipeline, what it extends merged into it, and the values of ``resources``."""
    problems = inclusion.problems
    outer = inclusion.expander.mapping(root, "pipeline", scope)
    resource_nodes = [node for key, node in outer if key.text == "resources"]
    extends = outer.get("extends")
    if extends is None:
        return outer, resource_nodes
    for key, _ in outer:
        if key.text in ("stages", "jobs", "steps"):
            problems.add(key.place, f"{key.text}: beside extends the template has them")
    if not isinstance(extends, Mapping):
        raise problems.stop(extends.place, "extends is a mapping with template and parameters")
    template, inside = inclusion.extended(extends, scope)
    for key, _ in template:
        if key.text in ("trigger", "pr", "schedules"):
            problems.add(key.place, f"{key.text} belongs in the pipeline, not in what it extends")
    inner, more = _expanded(template, inside, inclusion)
    return _merged(outer, inner, problems), [*resource_nodes, *more]


def _merged(outer: Mapping, inner: Mapping, problems: Problems) -> Mapping:
    kept: list[tuple[Scalar, Node]] = [(key, node) for key, node in outer if key.text != "extends"]
    names = {key.text: (index, node) for index, (key, node) in enumerate(kept)}
    for key, node in inner:
        if key.text == "resources":
            continue
        if key.text not in names:
            kept.append((key, node))
            continue
        index, other = names[key.text]
        if key.text == "variables" and isinstance(node, Sequence) and isinstance(other, Sequence):
            kept[index] = (kept[index][0], Sequence([*other.items, *node.items], other.place))
        elif key.text not in ("stages", "jobs", "steps"):
            first = kept[index][0].place
            problems.add(key.place, f"{key.text} is there already, in {first}")
    return Mapping(kept, outer.place)
