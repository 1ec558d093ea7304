"""What every handler of a region's API shares: who may ask, which workspace, errors as JSON."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.front import reply
from modelyard.local.cloud.service import Handler
from modelyard.local.cloud.storage.exceptions import StorageError
from modelyard.local.cloud.tokens import RESOURCE_MANAGER_AUDIENCES, TokenError, Tokens

AUDIENCE = "https://ml.azure.com"
AUDIENCES = (*RESOURCE_MANAGER_AUDIENCES, AUDIENCE)
WORKSPACE = (
    "/subscriptions/<subscription>/<any(resourceGroups, resourcegroups):_groups>/<group>"
    "/providers/Microsoft.MachineLearningServices/workspaces/<name>"
)
Json = dict[str, Any]
Answer = Callable[..., Any]
"""``answer(request, workspace, **path)``: JSON to be sent with 200, or a whole response."""


def guarded(answer: Answer, tokens: Tokens, workspaces: Workspaces) -> Handler:
    """A handler that checks the token, finds the workspace, and turns errors into answers."""

    @functools.wraps(answer)
    def handle(request: Request, subscription: str, group: str, name: str, **path: str) -> Response:
        path = {name: value for name, value in path.items() if not name.startswith("_")}
        try:
            tokens.require(request, AUDIENCES)
            workspace: Workspace = workspaces.find(subscription, group, name)
            answered = answer(request, workspace, **path)
        except TokenError as error:
            return _failed(401, "UserError", str(error))
        except ArmError as error:
            return reply({"error": error.body()}, error.status)
        except StorageError as error:
            return _failed(404, "UserError", str(error))
        return answered if isinstance(answered, Response) else reply(answered)

    return handle


def listed(found: list[Json]) -> Json:
    """A whole list as one page."""
    return {"value": found, "continuationToken": None, "nextLink": None}


def missing(what: str) -> ArmError:
    """Something that isn't there, as this API says it."""
    return ArmError(404, "UserError", f"{what} was not found.")


def refused(message: str) -> ArmError:
    """A request that can't be done, through the caller's doing."""
    return ArmError(400, "UserError", message)


def _failed(status: int, code: str, message: str) -> Response:
    return reply({"error": ArmError(status, code, message).body()}, status)
