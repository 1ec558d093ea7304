"""Modelyard: train, build and deploy on Azure Databricks and Azure Machine Learning.

One Python library behind Azure Pipelines tasks, GitHub actions and a command line.
"""

__version__ = "1.0.0"
