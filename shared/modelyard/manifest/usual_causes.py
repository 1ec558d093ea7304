"""Causes and fixes of errors that say their own in each message: what the page says in general.

An error whose class has a cause or a fix needs none here.
"""

from __future__ import annotations

from modelyard.documentation import page

USUAL: dict[str, tuple[str, str]] = {
    "MY000": (
        "a state that has no error of its own, such as a secret output that is too long",
        "do what the message says; where it says nothing, please report it",
    ),
    "MY002": (
        "a name is spelt for another platform (hyphens on GitHub and a command line, one word on "
        "Azure Pipelines), a variable is empty, or two inputs that exclude each other are set",
        "compare the step with the operation's reference page; all wrong inputs are listed at once",
    ),
    "MY003": (
        "the path isn't one from the working directory, the repository wasn't checked out in this "
        "job, or the YAML is indented wrongly",
        "open the file at the line and column in the message; check that a checkout comes before",
    ),
    "MY004": (
        "the agent or this machine lacks it, or the library was installed without an extra",
        "install what the message names: a program on PATH, or pip install \"modelyard[EXTRA]\"",
    ),
    "MY006": (
        "the tool cache can't be written, or a file in it was damaged or taken away",
        "",
    ),
    "MY008": (
        "a mirror or a proxy repacks the files, or somebody replaced one",
        "",
    ),
    "MY009": ("the agent keeps the tool caches and work folders of many jobs", ""),
    "MY014": (
        "the name is misspelt, belongs to another workspace or endpoint, or the step that makes it "
        "didn't run; without the right to see a thing some services say the same",
        "",
    ),
    "MY015": (
        "an earlier run, another branch or a person made it, with other settings",
        "give another name, remove what is there, or set the input that allows to replace it",
    ),
    "MY016": ("the service allows several things of one name, and people made them", ""),
    "MY017": (
        "a value that only the service can judge: a node type, a version, a limit of the account",
        "read the service's words in the message, and look the value up in the workspace",
    ),
    "MY018": ("many jobs share the limits of one workspace or account", ""),
    "MY019": ("the service has a fault or is being updated", ""),
    "MY022": (
        "the cluster asked for is larger, dearer or freer than the rules of the workspace allow",
        "ask for what the rule in the message allows, or have an administrator change the rule",
    ),
    "MY023": (
        "the address or a variable group is that of another environment, such as production",
        "check which workspace the step is given, or add it to allowed-workspaces if it is meant",
    ),
    "MY024": (
        "an operation writes where it should only read; nothing was changed",
        "report it with the log; run the step without dry-run until it is mended",
    ),
    "MY030": (
        "no capacity or quota for the node type, an init script that fails, or somebody who "
        "terminated it; the service's reason is in the message",
        "read the event log of the cluster in the workspace; another node type or a later try "
        "helps where capacity is missing",
    ),
    "MY031": (
        "the notebook's own code raised; its error and the line are in the message",
        "open the run's page, which the message links, and mend the notebook at that line",
    ),
    "MY032": (
        "somebody cancelled it in the workspace, a newer run took its place, or this step did "
        "because another run failed",
        "see on the run's page who cancelled it, and run the step again",
    ),
    "MY033": (
        "the time-out of the job or run in Databricks is shorter than the work",
        "raise run-timeout-minutes or the job's own time-out, or make the run faster",
    ),
    "MY034": ("the service has a new state", ""),
    "MY035": (
        "the package or version doesn't exist for the cluster's Python, or the cluster can't "
        "reach the index that it comes from",
        "try pip install with the same requirement in a notebook of that cluster",
    ),
    "MY036": ("the cluster or run queues for capacity, or hangs", ""),
    "MY040": (
        "the notebook logs the metric under another name or not at all, or this build's models "
        "are no better than the threshold",
        "compare the metrics that the message lists with the inputs metric, better and threshold",
    ),
    "MY041": (
        "a package of the model can't be installed, the base image can't be read, or the registry "
        "refuses the push",
        "see the last lines of the build in the log; check the model's requirements and the "
        "registry's user",
    ),
    "MY042": (
        "the scoring server raises while it loads the model, or needs longer than it is given",
        "read what the new server printed, which the message ends with",
    ),
    "MY043": (
        "the model gives other predictions than the inputs expect, answers too slowly, or answers "
        "without a key",
        "compare the predictions in the output with the rows that were sent",
    ),
    "MY050": (
        "the folder is that of something else, or the run that wrote it was killed at its start",
        "name the folder of a run, as modelyard local run printed it",
    ),
    "MY051": (
        "the task isn't one that the local runner knows, or task.json or the step is wrong",
        f"see the file and line in the message; {page('local-runner')} lists the tasks it knows",
    ),
    "MY052": (
        "the YAML has a mistake, or a template, repository or resource that it names isn't here",
        "see the file, line and column in the message; modelyard local plan checks it again",
    ),
    "MY053": ("the folder belongs to somebody else, is read-only, or the disk is full", ""),
}  # fmt: skip
"""Cause and fix by identifier; empty where the class has it."""
