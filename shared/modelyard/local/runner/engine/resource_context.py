"""The context ``resources`` of runtime expressions: repositories and containers.

What a pipeline resource tells of its run is no part of it: that is in variables, such as
``resources.pipeline.ALIAS.runID``, and no other pipeline has run on this machine.

Source: learn.microsoft.com, ``process/resources`` ("Repository resource variables"); what a run on
the service printed, recorded in PGielniak/azdo-pipeline-emulator at c13a24e4,
``research/experiments/E02-resources`` (C-E02-121 to C-E02-126).
"""

from __future__ import annotations

from typing import Any

from modelyard.local.runner.engine import working_copy
from modelyard.local.runner.engine.checkout import SELF
from modelyard.local.runner.engine.working_copy import Source
from modelyard.local.runner.pipeline.plan import Container, Repository, Resources
from modelyard.local.runner.predefined_variables import Build


def resource_context(declared: Resources, build: Build, source: Source) -> dict[str, Any]:
    """What ``resources.repositories`` and ``resources.containers`` hold.

    :param source: of the repository that the pipeline belongs to.
    """
    own = {
        "id": build.id_of("repository", build.repository),
        "name": build.repository,
        "ref": build.branch,
        "type": "Git",
        "url": source.uri,
        "version": build.commit,
    }
    others = {one.alias: _repository(one, build) for one in declared.repositories}
    containers = {one.alias: _container(one) for one in declared.containers}
    return {"repositories": {SELF: own, **others}, "containers": containers}


def _repository(one: Repository, build: Build) -> dict[str, Any]:
    """Address and commit are those of its folder on this machine; null where nobody gave one."""
    found = working_copy.source(one.folder) if one.folder else None
    return {
        "id": build.id_of("repository", one.name or one.alias),
        "name": one.name,
        "ref": one.ref,
        "type": one.type,
        "url": found.uri if found else None,
        "version": found.commit if found else None,
    }


def _container(one: Container) -> dict[str, Any]:
    return {
        "environment": dict(one.env) or None,
        "image": one.image,
        "options": one.options or None,
        "volumes": list(one.volumes) or None,
        "ports": list(one.ports) or None,
    }
