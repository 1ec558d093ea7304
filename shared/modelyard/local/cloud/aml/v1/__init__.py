"""The data plane of Azure Machine Learning that SDK v1 speaks (``REGION.api.azureml.ms``).

Run history, artifacts, metrics, models, datastores, environments, snapshots and pipelines, as
azureml-core 1.61 and azureml-pipeline 1.62 use them. Workspaces, datastores and models are those
of :mod:`modelyard.local.cloud.aml`: what one SDK registers, the other one finds.
"""
