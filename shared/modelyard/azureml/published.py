"""Published pipelines of SDK v1: started over REST.

Source: learn.microsoft.com, "Publish and track machine learning pipelines"; azureml-pipeline-core
1.62 for what the page doesn't have (``pipelines/v1.0``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from modelyard.azure.guids import is_guid
from modelyard.azureml.connection import Place, called
from modelyard.errors import InputError
from modelyard.http import Session

MARK = "modelyard"
"""Tag of a run that an attempt has started."""


class Kind(Enum):
    """What a parameter takes: the type of its default."""

    WHOLE = "a whole number"
    NUMBER = "a number"
    ANY = "anything"

    def takes(self, value: str) -> bool:
        """Whether a value, as a text, is of this kind."""
        # The SDK publishes a truth as a whole number, too (``_get_backend_param_type_code``).
        if self is Kind.ANY or (self is Kind.WHOLE and value.lower() in _TRUTHS):
            return True
        if self is Kind.WHOLE:
            return _WHOLE.fullmatch(value) is not None
        return _NUMBER.fullmatch(value) is not None and math.isfinite(float(value))


_TRUTHS = ("true", "false")
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_KINDS = {"0": Kind.WHOLE, "Int": Kind.WHOLE, "1": Kind.NUMBER, "Double": Kind.NUMBER}
"""By number as SDK v1 writes them, by name as the service's own description has them."""


class Published:
    """One published pipeline. ``session`` is to the API of the workspace's region."""

    def __init__(self, session: Session, place: Place, pipeline: str) -> None:
        if not is_guid(pipeline):
            raise InputError(
                f"pipeline-id is {pipeline!r}, which isn't the id of a published pipeline",
                fix="set it to the id that publishing has printed; it is also in the studio",
            )
        self._session = session
        self._place = place
        self._pipeline = pipeline
        self._base = f"/pipelines/v1.0{place.path}"

    def look_up(self) -> dict[str, Any]:
        """``{"Name", "Version", "GraphId", ...}``. Raises NotFound."""
        with called(f"the workspace {self._place.workspace} has no pipeline {self._pipeline}"):
            return self._session.get(f"{self._base}/Pipelines/{self._pipeline}")

    def parameters(self, found: Mapping[str, Any]) -> dict[str, Kind]:
        """Its parameters by name, given what :meth:`look_up` has found."""
        interface = self._session.get(f"{self._base}/Graphs/{found['GraphId']}/Interface")
        return {
            str(one["Name"]): _KINDS.get(str(one.get("Type")), Kind.ANY)
            for one in interface.get("Parameters") or ()
        }

    def started_by(self, mark: str) -> str:
        """Id of the run that carries this mark; empty when there is none."""
        address = f"{self._base}/PipelineRuns/Pipeline/{self._pipeline}"
        for run in self._session.get_list(address):
            if (run.get("tags") or {}).get(MARK) == mark:
                return str(run["Id"])
        return ""

    def start(
        self, experiment: str, parameters: Mapping[str, str], tags: Mapping[str, str], mark: str
    ) -> str:
        """Id of a new run. The call isn't repeated: sent twice it starts two."""
        answer = self._session.post(
            f"{self._base}/PipelineRuns/PipelineSubmit/{self._pipeline}",
            {
                "ExperimentName": experiment,
                "ParameterAssignments": dict(parameters),
                "RunSource": "Modelyard",
                "tags": {**tags, MARK: mark},
            },
        )
        return str(answer["Id"])
