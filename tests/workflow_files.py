"""Workflows and actions written for a test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

from modelyard.local.workflows.model import Plan

NewPlan = Callable[..., Plan]

CALLED = """
    on:
      workflow_call:
        inputs:
          to: {type: string, required: true}
          often: {type: number, default: 1}
        secrets:
          token: {required: true}
    jobs:
      first:
        name: First for ${{ inputs.to }}
        runs-on: ubuntu-latest
        steps: [{run: echo}]
      last:
        needs: first
        environment: {name: "${{ inputs.to }}"}
        runs-on: [self-hosted, large]
        container: python:3
        steps:
          - uses: $/actions/say
            with: {text: hello}
          - if: always()
            run: echo ${{ inputs.to }}
          - if: ${{ failure() }}
            run: echo
    """
ACTION = """
    name: say
    description: Says it
    inputs:
      text: {description: What, required: true}
      loud: {description: How, default: "false"}
    runs: {using: node20, main: main.js}
    """
CALLING = """
    on: push
    jobs:
      call:
        uses: OWNER/library/.github/workflows/called.yml@v1
        with: {to: here}
        secrets: {token: "${{ secrets.TOKEN }}"}
    """


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Files by path, dedented."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
