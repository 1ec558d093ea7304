"""image-build: a scoring image from a model that MLflow logged, and its digest."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard import images, summary
from modelyard.context import Context
from modelyard.errors import FileError, InputError
from modelyard.operation import Operation, given, result


@dataclass(frozen=True, kw_only=True)
class Inputs:
    model: str = given("Folder of the logged model: the one that holds MLmodel.", file=True)
    name: str = given("Name of the image's repository, such as wine-quality.")
    tags: tuple[str, ...] = given(
        "Tags of the image, one a line. Default: the number of this run.", default=()
    )
    registry: str | None = given(
        "Host of the container registry, such as example.azurecr.io. It becomes part of the "
        "image's name; needed for push.",
        default=None,
        environment=("MODELYARD_REGISTRY",),
    )
    push: bool = given("Push the image to the registry.", default=False)
    engine: str = given(
        "What builds it: the docker or podman of this machine, or no engine at all (oci). Auto "
        "takes the first that works and says why not the others.",
        default="auto",
        choices=("auto", "docker", "podman", "oci"),
    )
    base_image: str | None = given(
        "Image to build upon; it has to have the Python that the model was logged with. The word "
        "host makes one of this machine's Python, without a network. Default: the official "
        "python image of that version, slim.",
        default=None,
    )
    wheels: str | None = given(
        "Folder of wheels to install from, in place of the package index.", default=None, file=True
    )
    layout: str | None = given(
        "Folder to keep the OCI layout in, with engine oci. It is needed there without push.",
        default=None,
    )
    registry_username: str | None = given(
        "User name for the registry. Default: what the engine is signed in with.",
        default=None,
        environment=("MODELYARD_REGISTRY_USERNAME",),
    )
    registry_password: str | None = given(
        "Password or token for the registry.",
        default=None,
        secret=True,
        environment=("MODELYARD_REGISTRY_PASSWORD",),
    )

    dry_run: bool = given(
        "Check the model, the names and the login, say what would be built, and build nothing.",
        default=False,
    )


@dataclass(frozen=True)
class Outputs:
    image: str | None = result(
        "The image's name; pinned by its digest once it is pushed. Set when it is built."
    )
    digest: str | None = result(
        "Digest of the image: of its manifest when it is pushed or built without an engine. Set "
        "when it is built."
    )
    size: int | None = result("Size in bytes; set when it is built.")
    engine: str | None = result("The engine that built it; set when it is built.")
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: Inputs, context: Context) -> Outputs:
    if inputs.push and not inputs.registry:
        raise InputError("push needs the input registry")
    folder = Path(inputs.model)
    if not folder.is_dir():
        raise FileError(
            f"{folder} isn't a folder", fix="give the folder that model-select downloaded"
        )
    login = _login(inputs)
    if inputs.dry_run:
        wanted = images.check(folder, tags=_names(inputs, context), wheels=_wheels(inputs))
        context.log.info("would build %s for Python %s", ", ".join(wanted.names), wanted.python)
        return Outputs()
    with tempfile.TemporaryDirectory(prefix="modelyard-image-") as temporary:
        built = images.build(
            folder,
            engine=inputs.engine,
            base=inputs.base_image or "",
            tags=_names(inputs, context),
            wheels=_wheels(inputs),
            labels=_labels(context),
            out=_layout(inputs, Path(temporary)),
            base_login=login,
            clock=context.clock,
        )
        context.publish(
            image=str(built.reference), digest=built.digest, size=built.size, engine=built.engine
        )
        if inputs.push:
            pinned = images.push(built, login=login, clock=context.clock)
            context.publish(image=str(pinned), digest=pinned.digest)
        artifact = Path(temporary) / "image.json"
        facts = {name: context.published[name] for name in ("image", "digest", "size", "engine")}
        artifact.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        context.upload("image", artifact)
    context.ci.summary(_summary(facts))
    return Outputs()


def _summary(facts: Mapping[str, Any]) -> str:
    header, row = ["image"], [summary.code(facts["image"])]
    if not str(facts["image"]).endswith(facts["digest"]):  # one that wasn't pushed has a tag
        header.append("digest")
        row.append(summary.code(facts["digest"]))
    row += [f"{facts['size'] / 1e6:.0f} MB", summary.escape(facts["engine"])]
    return summary.table([*header, "size", "built with"], [row])


def _names(inputs: Inputs, context: Context) -> list[str]:
    prefix = f"{inputs.registry}/" if inputs.registry else ""
    tags = inputs.tags or (_tag(context.ci.identity().run),)
    return [f"{prefix}{inputs.name}:{tag}" for tag in tags]


def _tag(run: str) -> str:
    """A run's name as a tag: letters, digits, ``_``, ``.`` and ``-``, at most 128."""
    kept = "".join(one if one.isascii() and (one.isalnum() or one in "_.-") else "-" for one in run)
    return kept.lstrip(".-")[:128] or "latest"


def _labels(context: Context) -> dict[str, str]:
    """Only what is the same for the same sources: the digest shall be, too."""
    commit = context.ci.identity().commit
    return {"org.opencontainers.image.revision": commit} if commit else {}


def _wheels(inputs: Inputs) -> Path | None:
    if inputs.wheels is None:
        return None
    folder = Path(inputs.wheels)
    if not any(folder.glob("*.whl")):
        raise FileError(
            f"wheels names {folder}, which holds no wheel",
            fix="name the folder that pip wheel or pip download has filled, or leave wheels out",
        )
    return folder


def _layout(inputs: Inputs, temporary: Path) -> Path | None:
    if inputs.layout:
        return Path(inputs.layout)
    return temporary / "layout" if inputs.push else None


def _login(inputs: Inputs) -> images.Login | None:
    if bool(inputs.registry_username) != bool(inputs.registry_password):
        raise InputError("registry-username and registry-password go together")
    if not inputs.registry_username:
        return None
    return images.Login(inputs.registry_username, str(inputs.registry_password))


OPERATION = Operation(
    name="image-build",
    title="Build a scoring image from a model",
    description="Builds a container image that serves a model logged by MLflow (GET /ping, POST "
    "/invocations on port 8080), as a user without rights, with the packages the model pins. With "
    "the docker or podman of the machine, or without any engine; then the same model and packages "
    "give the same digest.",
    group="images",
    extra="images",
    task_id="18fb0634-475c-492f-b3b6-8b39cdc37ff6",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example="model: ${{ steps.model-select.outputs.model-path }}\nname: wine-quality\n"
    "registry: example.azurecr.io\npush: true\n"
    "registry-username: builder\nregistry-password: $(registry-password)",
)
