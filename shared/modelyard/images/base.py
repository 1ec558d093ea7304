"""The base of an image: one that a registry has, or one made of this machine's Python."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.clock import Clock
from modelyard.errors import ImageFailed, InputError
from modelyard.images import host_base, interpreters, layers, reference, registry
from modelyard.images.layers import Entry, Layer
from modelyard.images.layout import LAYER, Descriptor, Layout
from modelyard.images.registry_login import Login

HOST = "host"
"""The name of the base that is made here."""
_MEMORY = "base-host.json"
_LAYER_TYPES = re.compile(
    r"application/vnd\.(oci\.image\.layer\.v1|docker\.image\.rootfs\.diff)\.tar"
)
_PYTHON = re.compile(r"(?:\./)?usr/(?:local/)?bin/python(3\.\d+)")


@dataclass(frozen=True)
class BaseImage:
    """A base whose layers are in a layout."""

    name: str
    layers: tuple[Descriptor, ...]
    diff_ids: tuple[str, ...]
    config: Mapping[str, Any]
    """The ``config`` of its configuration: Env, Labels, ..."""
    python: str
    """Minor version of its Python: ``3.11``; empty when it has none."""


def prepare(
    name: str, layout: Layout, *, python: str, clock: Clock, login: Login | None = None
) -> BaseImage:
    """Put a base into the layout: pulled from its registry, or made here if it is ``host``.

    :param python: the minor version that it has to have; empty: any.
    :raises InputError: when the name isn't an image's, or it has another Python. Unreachable when
        there is no way to its registry: ``host`` needs none.
    """
    if name == HOST:
        require_python(name, interpreters.own_version(), python)
        return _made(layout)
    pulled = _pulled(name, layout, clock, login)
    require_python(name, pulled.python, python)
    return pulled


def require_python(name: str, has: str, needed: str) -> None:
    """Check that a base has the Python that the model was logged with.

    :raises InputError: when it hasn't: pickles and compiled packages don't fit another.
    """
    if needed and has != needed:
        found = f"Python {has}" if has else "no Python that can be found"
        raise InputError(
            f"the base image {name} has {found}; the model needs Python {needed}",
            cause="a model and its packages fit the Python that logged it",
            fix=f"use a base image with Python {needed}, such as python:{needed}-slim",
        )


def _made(layout: Layout) -> BaseImage:
    entries = list(host_base.entries())
    layer = _remembered(layout, entries) or layers.write_layer(entries, layout.blobs)
    facts = {"made of": layers.fingerprint(entries), "layer": layer.digest, "diff": layer.diff_id}
    (layout.folder / _MEMORY).write_text(json.dumps(facts))
    environment = [f"{name}={value}" for name, value in host_base.environment().items()]
    return BaseImage(
        HOST,
        (Descriptor(LAYER, layer.digest, layer.size),),
        (layer.diff_id,),
        {"Env": environment},
        interpreters.own_version(),
    )


def _remembered(layout: Layout, entries: list[Entry]) -> Layer | None:
    """The layer as it was written into this layout before, if no file has changed since."""
    try:
        facts = json.loads((layout.folder / _MEMORY).read_text())
        path = layout.path(facts["layer"])
        same = facts["made of"] == layers.fingerprint(entries)
        return Layer(path, facts["layer"], facts["diff"], path.stat().st_size) if same else None
    except (OSError, ValueError, KeyError):
        return None  # nothing was written yet, or it isn't whole


def _pulled(name: str, layout: Layout, clock: Clock, login: Login | None) -> BaseImage:
    image = reference.parse(name)
    repository = registry.connect(image, clock=clock, login=login)
    architecture = interpreters.architecture()
    manifest = registry.pull(repository, image.version, layout, architecture)
    document = layout.read_json(manifest.config)
    diff_ids = tuple(document.get("rootfs", {}).get("diff_ids", ()))
    platform = (document.get("os"), document.get("architecture"))
    if platform != ("linux", architecture) or len(diff_ids) != len(manifest.layers):
        raise ImageFailed(f"{name} is for {platform[0]}/{platform[1]}, not linux/{architecture}")
    for layer in manifest.layers:
        if not _LAYER_TYPES.match(layer.media_type):
            raise ImageFailed(f"{name} has a layer of the type {layer.media_type!r}")
    config = document.get("config") or {}
    python = _python(layout, manifest.layers, config)
    return BaseImage(name, manifest.layers, diff_ids, config, python)


def _python(layout: Layout, found: tuple[Descriptor, ...], config: Mapping[str, Any]) -> str:
    """Official images say it in PYTHON_VERSION; of others the interpreter's file name tells."""
    for pair in config.get("Env") or ():
        if match := re.match(r"PYTHON_VERSION=(3\.\d+)", pair):
            return match[1]
    for layer in reversed(found):
        with tarfile.open(layout.path(layer.digest), mode="r:*") as tar:
            for member in tar:
                if match := _PYTHON.fullmatch(member.name):
                    return match[1]
    return ""


def merged_environment(base: Mapping[str, Any], ours: Mapping[str, str]) -> list[str]:
    """``NAME=value`` of the base with ours in their place or behind them."""
    pairs = dict(pair.partition("=")[::2] for pair in base.get("Env") or ())
    return [f"{name}={value}" for name, value in {**pairs, **ours}.items()]


def configuration(base: BaseImage, ours: Mapping[str, Any], diff_ids: tuple[str, ...]) -> str:
    """The configuration document of an image above this base, as JSON text.

    https://github.com/opencontainers/image-spec/blob/main/config.md. Dated 1970: two builds of the
    same contents are the same image.
    """
    every = (*base.diff_ids, *diff_ids)
    document = {
        "architecture": interpreters.architecture(),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": ours,
        "rootfs": {"type": "layers", "diff_ids": list(every)},
        "history": [{"created_by": "modelyard"} for _ in every],
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
