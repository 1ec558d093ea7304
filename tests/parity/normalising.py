"""What may differ between two runs of the same step: this one table, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from modelyard.local.cloud.requests_log import Entry

RULES: tuple[tuple[str, str, str], ...] = (
    ("GUIDs", r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<guid>"),
    ("digests of images", r"\bsha256:[0-9a-f]{64}\b", "sha256:<digest>"),
    ("ids of clusters and pools", r"\b\d{4}-\d{6}-[a-z0-9]+(?:-pool-[a-z0-9]+)?\b", "<id>"),
    ("random names", r"\b(modelyard-databrickscfg)-[0-9a-f]{16}\b", r"\1-<random>"),
    ("names of AKS clusters", r"\baks-[0-9a-f]{12}(?=\.)", "aks-<random>"),
    ("ids of MLflow, shortened in a chart", r"\b[0-9a-f]{20,31}…", "<mlflow-id>"),
    ("ids of MLflow and of uploads", r"\b(?:m-)?[0-9a-f]{32}\b", "<mlflow-id>"),
    ("the port of the local cloud", r"\b127\.0\.0\.1:\d+\b", "127.0.0.1:<port>"),
    ("times", r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?\b", "<time>"),
    ("durations", r"\b(?:\d+ h )?(?:\d+ min )?\d+(?:\.\d+)? (?:s|ms|min)\b", "<duration>"),
    ("durations in JSON", r'("duration_seconds"): [\d.]+', r"\1: <duration>"),
)
"""What it is, how it looks, and what stands in its place. From top to bottom."""
MEASURED = frozenset({"latency-milliseconds", "size"})
"""Outputs that are a measurement and nothing else. The size: the base image is made of the Python
that runs, with its pip, and the command's is not the one of the private environment."""
MODEL_VERSIONS = r"/Microsoft\.MachineLearningServices/workspaces/[^/]+/models/[^/]+/versions/"
UPLOADS = r"^/(?:azureml/LocalUpload/|azureml-blobstore-|[0-9a-f]{8}-<mlflow-id>/)"
SMOKE = r"runId|RunId|metricId|createdUtc|timestamp"
VARYING: tuple[tuple[str, str, str], ...] = (
    ("ids that the cloud gave", r"", r"(?:existing_)?cluster_id"),
    ("what tells one job's submits from another's", r"", r"idempotency_token|modelyard-token"),
    ("MLflow runs, which were logged before", r"/jobs/", r"mlflow_run"),
    ("MLflow runs, which were logged before", r"/mlflow/", r"run_id|filter"),
    ("images, which hold the Python that runs", r"/v2/|/modelyard/endpoints/", r".*"),
    ("who signs in: an identity of each cloud", r"/oauth2/v2\.0/token$", r"client_(?:id|secret)"),
    ("where code is: a new container for each upload", r"/codes/[^/]+/versions/", r"codeUri"),
    ("which rollout made it", r"/onlineEndpoints/|/services(?:/|$)", r"rollout"),
    ("the smoke test's run and its times", r"^/(?:history/v1|metric/v2)\.0/", SMOKE),
    ("which run made a model: of another CI system", MODEL_VERSIONS, r"build|commit|created_by"),
    ("MLflow runs, which were logged before, and a time", MODEL_VERSIONS, r"run|champion_since"),
)
"""Fields of requests with a value that may differ: what they are, where, and the fields' names."""
SIGNED = r"se|sig"
"""How long an address of a blob is good, and its signature: two that are asked for one after the
other are the same where both are asked for within one second."""
_RULES = tuple((re.compile(pattern), name) for _, pattern, name in RULES)


def normal(text: str, folders: Mapping[str, str]) -> str:
    """The text with everything replaced that may differ.

    :param folders: paths of this run, and what to call them.
    """
    for path, name in sorted(folders.items(), key=lambda item: -len(item[0])):
        text = text.replace(path, name)
    for pattern, name in _RULES:
        text = pattern.sub(name, text)
    return text


def outputs(found: Mapping[str, str], folders: Mapping[str, str]) -> dict[str, str]:
    """The outputs of a step, with everything replaced that may differ."""
    return {
        name: "<measured>" if name in MEASURED else normal(value, folders)
        for name, value in found.items()
    }


def calls(entries: Iterable[Entry], folders: Mapping[str, str]) -> list[str]:
    """The requests with what they said, in their order; what is asked again and again stands
    there once. A value is a digest, or its number among those seen of its field so far where
    it may differ: the same one in one request and in the next still has to be the same one.
    """
    seen: dict[str, dict[str, int]] = {}

    def value(path: str, field: str, digest: str) -> str:
        if _named(field, SIGNED) and re.search(UPLOADS, path):
            return "#"
        if not _varies(path, field):
            return digest[:12]
        numbers = seen.setdefault(field, {})
        return f"#{numbers.setdefault(digest, len(numbers) + 1)}"

    found = []
    for one in entries:
        path = normal(one.path, folders)
        said = (
            f"{name}={value(path, name, digest)}" for name, digest in (one.fields or {}).items()
        )
        host = normal(one.host.split(":")[0], folders)
        found.append(" ".join([one.method, f"{host}{path}", str(one.status), *said]))
    return without_repeats(found)


def _varies(path: str, field: str) -> bool:
    return any(re.search(at, path) and _named(field, names) for _, at, names in VARYING)


def _named(field: str, names: str) -> bool:
    """``field`` is a path in the body or ``?name``; its last part counts, without an index."""
    name = re.sub(r"(?:\[\d+\])+$", "", field).rpartition(".")[2].removeprefix("?")
    return re.fullmatch(names, name) is not None


def without_repeats(calls: list[str], longest: int = 3) -> list[str]:
    """Polling: a call, or a few in turn, that come again at once count as one time."""
    kept: list[str] = []
    for call in calls:
        kept.append(call)
        for length in range(1, longest + 1):
            if len(kept) >= 2 * length and kept[-length:] == kept[-2 * length : -length]:
                del kept[-length:]
                break
    return kept
