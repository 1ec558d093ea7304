"""A step that signs in with a token waits for no library that it doesn't use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import modelyard

SCRIPT = """
import os, sys
from modelyard import operations
from modelyard.ci.terminal import Terminal
from modelyard.context import Context
from modelyard.operations.inputs.workspace_inputs import WorkspaceInputs, open_workspace
context = Context(operations.load("cluster-stop"), Terminal({}), environment=os.environ)
inputs = WorkspaceInputs(workspace_url="https://adb-1.2.azuredatabricks.net", %s)
opened = open_workspace(inputs, context)
try:
    opened.sign_in.mint("2ff814a6-3304-4ab8-85cb-cd0e6f879c1d")
except Exception as error:
    print(type(error).__name__)
print(*sorted(name for name in sys.modules if name.split(".")[0] in ("azure", "msal")))
"""


def modules(inputs: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT % inputs],
        env={**os.environ, "PYTHONPATH": str(Path(modelyard.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_azure_identity_is_imported_by_who_signs_in_with_it_only() -> None:
    assert modules('token="dapi-made-up"') == []
    tenant = '"11111111-2222-3333-4444-555555555555"'
    certificate = f'azure_tenant_id={tenant}, azure_client_id="c", azure_client_certificate="x"'
    assert "azure.identity" in modules(
        certificate.replace('"x"', '"-----BEGIN RSA PRIVATE KEY-----"')
        + ', sign_in="service-principal"'
    )
