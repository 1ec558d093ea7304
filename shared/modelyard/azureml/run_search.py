"""The jobs of an experiment that carry a tag.

Source: the calls of azureml-core 1.61 (``Experiment.get_runs``), in the filters that it sends.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from modelyard.azureml.connection import Place
from modelyard.errors import NotFound
from modelyard.http import Session

PAGE = 500


def tagged(session: Session, place: Place, experiment: str, tag: str, value: str) -> list[str]:
    """Ids of the runs with this value of a tag that are no run's children, the first first.

    :param session: to the API of the workspace's region.
    :raises NotFound: when there is no such experiment.
    """
    path = f"/history/v1.0{place.path}/experiments/{quote(experiment, safe='')}/runs:query"
    # Whether values may stand in quotes is written nowhere: they are compared here.
    body: dict[str, Any] = {
        "filter": f"(ParentRunId eq null) and (Tags/{tag} ne null or Tags/{tag} eq null)",
        "top": PAGE,
    }
    found = []
    while True:
        try:
            page = session.post(path, body, reads=True)
        except NotFound as error:
            raise NotFound(
                f"the workspace {place.workspace} has no experiment {experiment}",
                status=error.status,
                code=error.code,
                cause="the name is misspelt, or no job has run in it yet",
                fix="give the output experiment-name of aml-pipeline",
            ) from None
        found += [
            one for one in page.get("value") or () if (one.get("tags") or {}).get(tag) == value
        ]
        if not page.get("continuationToken"):
            break
        body["continuationToken"] = page["continuationToken"]
    found.sort(key=lambda one: str(one.get("createdUtc") or ""))
    return [str(one["runId"]) for one in found]
