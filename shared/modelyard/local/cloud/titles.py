"""What people call the services."""

from __future__ import annotations

TITLES = {
    "entra": "Microsoft Entra sign-in",
    "arm": "Resource Manager",
    "storage": "Blob storage",
    "aml": "Azure Machine Learning",
    "aml_services": "Web services of Azure ML",
    "keyvault": "Key Vault",
    "devops": "Azure DevOps",
    "github": "GitHub",
    "github_identity": "GitHub's identity tokens",
    "databricks": "Databricks workspace",
    "mlflow": "MLflow tracking",
    "registry": "Container registry",
    "endpoints": "Scoring endpoints",
}
