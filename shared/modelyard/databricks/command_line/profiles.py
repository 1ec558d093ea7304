"""Profiles of ``~/.databrickscfg``, the file of the Databricks command line."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

from modelyard.errors import FileError, InputError
from modelyard.operation import Member
from modelyard.reading import Source

_KEYS = {
    "workspace-url": "host",
    "token": "token",
    "workspace-resource-id": "azure_workspace_resource_id",
    "azure-tenant-id": "azure_tenant_id",
    "azure-client-id": "azure_client_id",
    "azure-client-secret": "azure_client_secret",
}
"""Which key of a profile fills which input (docs.databricks.com, "Configuration profiles")."""


def path(environment: Mapping[str, str]) -> Path:
    """Where the file is: DATABRICKS_CONFIG_FILE, else in the home folder."""
    chosen = environment.get("DATABRICKS_CONFIG_FILE", "")
    return Path(chosen) if chosen else Path.home() / ".databrickscfg"


def source(profile: str, environment: Mapping[str, str]) -> Source:
    """Inputs from one profile.

    :raises FileError: when the file can't be read.
    :raises InputError: when it has no such profile.
    """
    file = path(environment)
    parser = configparser.ConfigParser(default_section="none", interpolation=None)
    try:
        with file.open(encoding="utf-8") as stream:
            parser.read_file(stream)
    except OSError as error:
        raise FileError(
            f"{file} can't be read: {error.strerror}",
            fix="check DATABRICKS_CONFIG_FILE, or make the file by databricks configure",
        ) from None
    except UnicodeDecodeError:
        raise FileError(f"{file} isn't UTF-8 text", fix="save it as UTF-8") from None
    except configparser.Error as error:
        raise FileError(
            f"{file} isn't a profile file: {str(error).splitlines()[0]}",
            fix="write [NAME] on a line, then host = ... and token = ... below it",
        ) from None
    if profile not in parser:
        names = ", ".join(parser.sections()) or "none"
        raise InputError(f"{file} has no profile {profile}; it has {names}")
    section = parser[profile]

    def look(member: Member) -> str | None:
        return section.get(_KEYS.get(member.kebab, "")) or None

    return look
