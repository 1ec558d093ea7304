"""The program that reads the values of a linked variable group: prints them as a JSON object.

Its standard output is a pipe to the runner, which masks the values before anything else sees them.
"""

from __future__ import annotations

import json
import os
import sys

from modelyard.azure.key_vault import Vaults
from modelyard.azure.key_vault_names import Reference, reference
from modelyard.clock import SystemClock
from modelyard.databricks.parallel import MOST, Stop, each
from modelyard.errors import ModelyardError
from modelyard.local.runner.builtin.key_vault_process import vaults_of
from modelyard.operations.vaults.fetching import together


def main() -> int:
    """Read what the environment names; returns the exit code."""
    wanted = json.loads(os.environ["MODELYARD_GROUP"])
    try:
        sources = [reference(name, wanted["vault"]) for name in wanted["secrets"]]
        with vaults_of(wanted["connection"], SystemClock()) as vaults:
            values = _values(vaults, sources)
    except ModelyardError as error:
        sys.stderr.write("\n".join(error.lines()))
        return 1
    sys.stdout.write(json.dumps(values))
    return 0


def _values(vaults: Vaults, sources: list[Reference]) -> dict[str, str]:
    def read(one: Reference, _stop: Stop) -> str | ModelyardError:
        try:
            return vaults.read(one).value
        except ModelyardError as error:
            return error

    found = each(vaults, read, sources, parallel=MOST)
    failures = [one for one in found if isinstance(one, ModelyardError)]
    if failures:
        raise together(failures)
    return {one.name: str(value) for one, value in zip(sources, found, strict=True)}
