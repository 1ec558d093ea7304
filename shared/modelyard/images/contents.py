"""What an image contains and how it starts, whichever engine builds it.

A scoring image holds three things above its base: the packages that the model needs, the model,
and how the scoring server starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.errors import FileError
from modelyard.images import model as models
from modelyard.images.model import Model

PACKAGES = "/opt/modelyard/packages"
"""Where the Python packages are in the image; on PYTHONPATH."""
MODEL = "/opt/ml/model"
"""Where the model is, as in the images that MLflow builds."""
NOBODY = "65534:65534"
PORT = 8080

# mlflow.pyfunc.scoring_server has a uvicorn application (FastAPI) since 2.22, before that a WSGI
# one (Flask). mlflow-skinny requires FastAPI and uvicorn itself, but not Flask and gunicorn.
_UVICORN = ("python3", "-m", "uvicorn", "mlflow.pyfunc.scoring_server.app:app")
_GUNICORN = ("python3", "-m", "gunicorn", "mlflow.pyfunc.scoring_server.wsgi:app")
_FIRST_WITH_UVICORN = (2, 22)
_OLDEST = (2, 9)
_NEEDED_BY_PYFUNC = {"numpy": "numpy<3", "pandas": "pandas<4"}
"""mlflow.pyfunc imports them; mlflow has them as dependencies, mlflow-skinny doesn't."""
_NEEDED_BY_PYFUNC_2 = {"numpy": "numpy<2", "pandas": "pandas<3"}
"""The same for MLflow 2."""


@dataclass(frozen=True)
class Contents:
    """Everything above the base."""

    command: tuple[str, ...]
    files: Mapping[str, Path] = field(default_factory=dict)
    """Absolute path in the image -> folder or file to copy there."""
    python: str = ""
    """Minor version of Python that the base must have; empty: any."""
    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    wheels: tuple[Path, ...] = ()
    """Wheels that the requirements name and that came with the model."""
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    user: str = NOBODY
    port: int = PORT


def of_model(folder: Path, labels: Mapping[str, str] | None = None) -> Contents:
    """The scoring image of a logged model: GET /ping and POST /invocations on port 8080.

    :param labels: added to those made from the model; ``org.opencontainers.image.revision`` is the
        place for the commit.
    :raises FileError: when the model can't be served, or a requirement isn't pinned.
    """
    model = models.read(folder)
    release = _release(model)
    return Contents(
        command=_UVICORN if release >= _FIRST_WITH_UVICORN else _GUNICORN,
        files={MODEL: folder},
        python=model.python,
        requirements=_requirements(model, release),
        constraints=model.requirements.constraints,
        wheels=tuple(one.wheel for one in model.requirements.pinned if one.wheel),
        environment={
            "PYTHONPATH": PACKAGES,
            "PYTHONUNBUFFERED": "1",
            "HOME": "/tmp",  # noqa: S108 - in its container, where nobody has no other folder
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "__pyfunc_model_path__": MODEL,
            **listen("0.0.0.0", PORT),  # noqa: S104 - inside its container
        },
        labels={**_labels(model), **(labels or {})},
    )


def listen(host: str, port: int) -> dict[str, str]:
    """The variables that tell a server where to listen.

    HOST and PORT by custom; uvicorn and gunicorn have their own. Other than a command line they
    can be changed when the image is run.
    """
    return {
        "HOST": host,
        "PORT": str(port),
        "UVICORN_HOST": host,
        "UVICORN_PORT": str(port),
        "GUNICORN_CMD_ARGS": f"--bind={host}:{port}",
    }


def _release(model: Model) -> tuple[int, int]:
    major, minor = (int(part) for part in model.mlflow.split(".")[:2])
    if (major, minor) < _OLDEST or major > 3:
        raise FileError(
            f"{model.folder} was logged by MLflow {model.mlflow}",
            cause="scoring images are made for models of MLflow 2.9 to 3",
            fix="log the model with one of these versions",
        )
    return major, minor


def _requirements(model: Model, release: tuple[int, int]) -> tuple[str, ...]:
    """The model's own requirements, with the scoring server's beside them.

    mlflow itself becomes mlflow-skinny, which scores as well and is several hundred MB smaller; it
    stays when it is asked for with extras or from a URL.
    """
    lines = []
    present = {one.name for one in model.requirements.pinned}
    for one in model.requirements.pinned:
        plain = one.name == "mlflow" and one.version and not one.extras
        if not (plain and "mlflow-skinny" in present):
            lines.append(f"mlflow-skinny=={one.version}" if plain else one.line)
    if not present & {"mlflow", "mlflow-skinny"}:
        lines.append(f"mlflow-skinny=={model.mlflow}")
    server = (
        {"uvicorn": "uvicorn<1", "fastapi": "fastapi<1"}
        if release >= _FIRST_WITH_UVICORN
        else {"flask": "Flask<4", "gunicorn": "gunicorn<24"}
    )
    missing = {**server, **(_NEEDED_BY_PYFUNC if release >= (3, 0) else _NEEDED_BY_PYFUNC_2)}
    lines += [line for name, line in missing.items() if name not in present]
    return tuple(sorted(lines, key=str.lower))


def _labels(model: Model) -> dict[str, str]:
    labels = {
        "org.opencontainers.image.title": "scoring image",
        "io.modelyard.model": model.uuid,
        "io.modelyard.run": model.run_id,
        "io.modelyard.mlflow": model.mlflow,
        "io.modelyard.python": model.python,
    }
    return {name: value for name, value in labels.items() if value}
