"""The program that reads the values of a linked variable group: prints them as a JSON object.

Its standard output is a pipe to the runner, which masks the values before anything else sees them.
"""

from __future__ import annotations

import json
import os
import sys

from modelyard.azure.key_vault.names import reference
from modelyard.azure.key_vault.reading import read_all
from modelyard.clock import SystemClock
from modelyard.errors import ModelyardError
from modelyard.local.runner.builtin.key_vault_process import vaults_of


def main() -> int:
    """Read what the environment names; returns the exit code."""
    wanted = json.loads(os.environ["MODELYARD_GROUP"])
    try:
        sources = [reference(name, wanted["vault"]) for name in wanted["secrets"]]
        with vaults_of(wanted["connection"], SystemClock()) as vaults:
            found = read_all(vaults, sources)
    except ModelyardError as error:
        sys.stderr.write("\n".join(error.lines()))
        return 1
    values = {one.name: secret.value for one, secret in zip(sources, found, strict=True)}
    sys.stdout.write(json.dumps(values))
    return 0
