"""A task step's inputs against those that its task declares.

Source: learn.microsoft.com, ``yaml-schema/steps-task``; the agent's ``TaskRunner.cs`` (aliases).
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.fields import is_late
from modelyard.local.runner.pipeline.known_tasks import KnownInput, KnownTask, find, is_visible
from modelyard.local.runner.pipeline.nodes import Mapping, Scalar, kind_of
from modelyard.local.runner.pipeline.plan import Place
from modelyard.local.runner.pipeline.problems import listed
from modelyard.reading import nearest


def known_task(reference: Scalar, building: Building) -> KnownTask | None:
    """The task that a step names; None where it isn't known or nothing is checked."""
    tasks = building.tasks
    if tasks is None:
        return None
    found = find(tasks, reference.text.strip())
    if found is None:
        name, _, _ = reference.text.partition("@")
        others = dict.fromkeys(  # each is there by its name and by its id
            one.reference for one in tasks.values() if one.name.lower() == name.lower()
        )
        hint = (
            f"; there is {listed(others)}"
            if others
            else nearest(reference.text, [one.reference for one in tasks.values()])
        )
        message = f"the task {reference.text} isn't known here{hint}"
        building.problems.add(
            reference.place, f"{message}. Give its folder with --task {name}=FOLDER"
        )
    return found


def task_inputs(
    node: Mapping | None, task: KnownTask | None, place: Place, building: Building
) -> dict[str, str]:
    """The inputs of a step, by their declared names.

    :param place: of the step, where something is missing.
    """
    given: dict[str, str] = {}
    places: dict[str, Place] = {}
    for key, value in node or ():
        if not isinstance(value, Scalar):
            message = f"the input {key.text} is a text, not {kind_of(value)}"
            building.problems.add(value.place, message)
            continue
        name = _declared(key, task, building)
        if name in given:
            message = f"the input {name} is given twice, also at {places[name]}"
            building.problems.add(key.place, message)
        given[name] = value.text
        places[name] = value.place
        building.runtime(value)
    if task is not None:
        _check(task, given, places, place, building)
    return given


def other_names(node: Mapping | None, task: KnownTask | None) -> dict[str, str]:
    """The aliases that inputs were written by, by the declared names."""
    if task is None:
        return {}
    found: dict[str, str] = {}
    for key, _ in node or ():
        lower = key.text.lower()
        one = task.by_name.get(lower)
        if one is not None and one.name.lower() != lower:
            found[one.name] = next(alias for alias in one.aliases if alias.lower() == lower)
    return found


def _declared(key: Scalar, task: KnownTask | None, building: Building) -> str:
    if task is None:
        return key.text
    found = task.by_name.get(key.text.lower())
    if found is None:
        if not task.open:
            names = [one.name for one in task.inputs]
            names += [alias for one in task.inputs for alias in one.aliases]
            message = f"{task.reference} has no input {key.text}{nearest(key.text, names)}"
            building.problems.add(key.place, message)
        return key.text
    return found.name


def _check(
    task: KnownTask,
    given: dict[str, str],
    places: dict[str, Place],
    place: Place,
    building: Building,
) -> None:
    for one in task.inputs:
        value = given.get(one.name, "")
        if value.strip():
            _check_value(one, value, places[one.name], building)
        elif one.required and not one.default and is_visible(one, task, given) is True:
            at = places.get(one.name, place)
            building.problems.add(at, f"{task.reference} needs the input {one.name}")


def _check_value(one: KnownInput, value: str, place: Place, building: Building) -> None:
    if one.values and not is_late(value):
        allowed = [each.lower() for each in one.values]
        if value.strip().lower() not in allowed:
            message = f"{one.name} can't be {value!r}, only {listed(one.values)}"
            building.problems.add(place, message)
