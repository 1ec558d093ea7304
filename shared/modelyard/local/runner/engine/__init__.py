"""Running a plan: its stages, jobs and steps, as Azure Pipelines and its agent run them."""
