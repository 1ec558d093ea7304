"""Steps in their short forms, as the tasks that the service makes of them.

Source: learn.microsoft.com, ``yaml-schema/steps-{script,bash,pwsh,powershell,publish,download}``
(which task each is) and ``pipelines/security/templates`` (a ``stepList`` parameter holds tasks).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar

COMMON_KEYS = (
    "condition",
    "continueOnError",
    "displayName",
    "target",
    "enabled",
    "env",
    "name",
    "timeoutInMinutes",
    "retryCountOnTaskFailure",
)
"""Every step may have them."""


@dataclass(frozen=True)
class Shorthand:
    """One short form."""

    task: str
    """``CmdLine@2``; empty where it is no task of its own."""
    subject: str
    """The input that the keyword's own value is; empty: none."""
    keys: dict[str, str] = field(default_factory=dict)
    """Keys of its own, and the inputs that they are."""
    fixed: dict[str, str] = field(default_factory=dict)
    """Inputs that it always has."""


_BASH = {"workingDirectory": "workingDirectory", "failOnStderr": "failOnStderr"}
_POWERSHELL = {
    **_BASH,
    "errorActionPreference": "errorActionPreference",
    "ignoreLASTEXITCODE": "ignoreLASTEXITCODE",
}
_CHECKOUT = (
    "clean",
    "fetchDepth",
    "fetchFilter",
    "fetchTags",
    "lfs",
    "persistCredentials",
    "submodules",
    "path",
    "sparseCheckoutDirectories",
    "sparseCheckoutPatterns",
    "workspaceRepo",
)
SHORTHANDS = {
    "script": Shorthand("CmdLine@2", "script", _BASH),
    "bash": Shorthand("Bash@3", "script", _BASH, {"targetType": "inline"}),
    "pwsh": Shorthand(
        "PowerShell@2", "script", _POWERSHELL, {"targetType": "inline", "pwsh": "true"}
    ),
    "powershell": Shorthand("PowerShell@2", "script", _POWERSHELL, {"targetType": "inline"}),
    "publish": Shorthand("PublishPipelineArtifact@1", "targetPath", {"artifact": "artifact"}),
    "download": Shorthand(
        "DownloadPipelineArtifact@2",
        "",
        {"artifact": "artifactName", "patterns": "itemPattern"},
    ),
    "downloadBuild": Shorthand("", "", dict.fromkeys(("artifact", "path", "patterns"), "")),
    "getPackage": Shorthand("", "", {"path": ""}),
    "reviewApp": Shorthand("", ""),
    "checkout": Shorthand("", "repository", {key: key for key in _CHECKOUT}),
}
SCRIPTS = ("script", "bash", "pwsh", "powershell", "publish")
"""Those whose task says all of them."""
STEP_KEYWORDS = ("task", *SHORTHANDS, "template")


def keyword_of(step: Mapping) -> str:
    """Which form a step has; empty for none."""
    return next((key.text for key, _ in step if key.text in STEP_KEYWORDS), "")


def as_task(step: Mapping) -> Mapping:
    """A script or publish step written out as its task; any other as it is."""
    keyword = keyword_of(step)
    if keyword not in SCRIPTS:
        return step
    short = SHORTHANDS[keyword]
    rest: list[tuple[Scalar, Node]] = []
    inputs: list[tuple[Scalar, Node]] = [
        (Scalar(name, step.place), Scalar(value, step.place)) for name, value in short.fixed.items()
    ]
    place = step.place
    for key, value in step:
        if key.text == keyword:
            place = key.place
            inputs.insert(0, (Scalar(short.subject, place), value))
        elif key.text in short.keys:
            inputs.append((Scalar(short.keys[key.text], key.place), value))
        else:
            rest.append((key, value))
    task = (Scalar("task", place), Scalar(short.task, place))
    return Mapping([task, (Scalar("inputs", place), Mapping(inputs, place)), *rest], step.place)
