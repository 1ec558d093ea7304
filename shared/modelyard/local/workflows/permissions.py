"""What ``permissions`` say of identity tokens, the only thing that they decide on this machine.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax``
(``permissions``, ``jobs.<job_id>.permissions``) and ``actions/concepts/workflows-and-actions/
reusing-workflow-configurations`` (a called workflow can be given less than its caller has, never
more).
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar, kind_of
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.problems import Problems, listed
from modelyard.reading import nearest

IDENTITY = "id-token"
_WRITE_ALL, _READ_ALL = "write-all", "read-all"
_LEVELS = ("read", "write", "none")
_SCOPES = (
    "actions", "artifact-metadata", "attestations", "checks", "contents", "deployments",
    "discussions", IDENTITY, "issues", "models", "packages", "pages", "pull-requests",
    "repository-projects", "security-events", "statuses",
)  # fmt: skip


def identity(node: Node | None, place: Place, problems: Problems) -> bool | None:
    """Whether they give identity tokens; None: they aren't there, and what is above counts.

    :param node: the value of ``permissions``.
    :param place: where it is.
    """
    if node is None:
        return None
    if isinstance(node, Scalar):
        if node.text not in (_WRITE_ALL, _READ_ALL, ""):
            problems.add(place, f"permissions are {_READ_ALL}, {_WRITE_ALL} or a mapping")
        return node.text == _WRITE_ALL
    if not isinstance(node, Mapping):
        problems.add(place, f"permissions are a mapping, not {kind_of(node)}")
        return False
    found = False
    for key, value in node:
        text = value.text if isinstance(value, Scalar) else ""
        levels = ("write", "none") if key.text == IDENTITY else _LEVELS
        if key.text not in _SCOPES:
            problems.warn(key.place, f"{key.text} is no permission{nearest(key.text, _SCOPES)}")
        elif text not in levels:
            problems.add(value.place, f"the permission {key.text} is {listed(levels)}")
        found |= key.text == IDENTITY and text == "write"
    return found


def granted(own: bool | None, caller: bool | None) -> bool:
    """Whether a job has them.

    :param own: what its permissions say, else its workflow's.
    :param caller: whether the job that calls its workflow has them; None: nobody calls it.
    """
    if caller is None:
        return bool(own)
    return caller if own is None else own and caller
