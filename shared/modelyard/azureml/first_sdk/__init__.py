"""SDK v1 of Azure ML (azureml-core, azureml-pipeline), which runs in a Python of its own.

``modelyard_v1`` is the program that runs there; the other modules start it and speak with it.
"""

SUPPORT_ENDED = "SDK v1 of Azure ML: its support ended on 2026-06-30"
"""Said once in a log, by whatever is of SDK v1."""
