"""Azure Machine Learning, over Resource Manager and blob storage."""
