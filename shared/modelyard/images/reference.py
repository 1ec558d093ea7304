"""Names of images: ``[registry/]repository[:tag][@digest]``.

Grammar: https://github.com/distribution/reference and the OCI distribution specification ("pulling
manifests"), with the rule of the docker command line that a first component is a registry when it
has a dot or a colon, or is ``localhost``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from modelyard.errors import InputError

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_REGISTRY = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LONGEST_NAME = 255

DOCKER_HUB = "docker.io"


@dataclass(frozen=True)
class ImageReference:
    """A parsed name. ``str()`` gives it back as it was written."""

    repository: str
    registry: str = ""
    """Host and port; empty where none was named: the docker command line means Docker Hub."""
    tag: str = ""
    digest: str = ""
    """``sha256:`` and 64 hexadecimal digits."""

    def __str__(self) -> str:
        text = self.name
        text += f":{self.tag}" if self.tag else ""
        return text + (f"@{self.digest}" if self.digest else "")

    @property
    def name(self) -> str:
        """Without tag and digest."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    @property
    def api_host(self) -> str:
        """Host (and port) of the registry's API."""
        hub = self.registry in ("", DOCKER_HUB, "index.docker.io")
        return "registry-1.docker.io" if hub else self.registry

    @property
    def api_repository(self) -> str:
        """The repository in the registry's API: Docker Hub's own images are in ``library/``."""
        plain = "/" not in self.repository and self.api_host == "registry-1.docker.io"
        return f"library/{self.repository}" if plain else self.repository

    @property
    def version(self) -> str:
        """What selects the manifest: the digest, else the tag, else ``latest``."""
        return self.digest or self.tag or "latest"

    def at(self, digest: str) -> ImageReference:
        """The same image pinned: repository and digest, without the tag that may move."""
        return replace(self, tag="", digest=digest)


def parse(text: str) -> ImageReference:
    """Read a reference.

    :raises InputError: naming the part that isn't allowed.
    """
    rest, _, digest = text.strip().partition("@")
    if "@" in text and not _DIGEST.fullmatch(digest):
        raise _refused(text, f"{digest!r} is not a digest", "write sha256: and 64 hex digits")
    registry, rest = _split_registry(rest)
    repository, _, tag = rest.partition(":")
    if ":" in rest and not _TAG.fullmatch(tag):
        raise _refused(
            text,
            f"{tag!r} is not a tag",
            "a tag has up to 128 letters, digits, underscores, dots and dashes",
        )
    if registry and not _REGISTRY.fullmatch(registry):
        raise _refused(text, f"{registry!r} is not a registry", "write a host name, perhaps :port")
    if not _REPOSITORY.fullmatch(repository) or len(repository) > _LONGEST_NAME:
        raise _refused(
            text,
            f"{repository!r} is not a repository",
            "use lower-case letters and digits, separated by . _ - or /",
        )
    return ImageReference(repository, registry, tag, digest)


def _split_registry(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, rest
    return "", text


def _refused(text: str, cause: str, fix: str) -> InputError:
    return InputError(f"{text!r} is not an image reference", cause=cause, fix=fix)
