"""What a caller gives against what is declared: nothing unknown, nothing missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.workflows.model import Declared, Given
from modelyard.reading import nearest


def check_given(
    problems: Problems,
    place: Place,
    given: Iterable[Given],
    declared: Mapping[str, Declared],
    what: str,
    *,
    strict: bool = True,
) -> None:
    """
    :param place: of the caller.
    :param what: ``input of actions/x``, for messages.
    :param strict: a missing one is a mistake; else GitHub runs the step without it.
    """
    names = set()
    for one in given:
        names.add(one.name.lower())
        if one.name.lower() not in declared:
            near = nearest(one.name, (known.name for known in declared.values()))
            problems.add(one.place, f"{one.name} is no {what}{near}")
    for key, wanted in declared.items():
        if wanted.required and not wanted.default and key not in names:
            tell = problems.add if strict else problems.warn
            tell(place, f"{wanted.name} is missing, a required {what}")
