"""The CI system around a step: Azure Pipelines, GitHub Actions, or a terminal."""
