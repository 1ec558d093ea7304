# Databricks notebook source
# MAGIC %md
# MAGIC # Train
# MAGIC Fits an ElasticNet on three quarters of the table, measures it on the rest and logs
# MAGIC parameters, rmse, mae, r2 and the model to MLflow.

# COMMAND ----------

dbutils.widgets.text("data", "/Volumes/main/default/wine-quality/table.csv")
dbutils.widgets.text("target", "quality")
dbutils.widgets.text("experiment", "/Shared/wine-quality")
dbutils.widgets.text("alpha", "0.5")
dbutils.widgets.text("l1_ratio", "0.5")
dbutils.widgets.text("build", "")

# COMMAND ----------

# MAGIC %run ./table

# COMMAND ----------

import json

import mlflow
import numpy as np
from mlflow.models import infer_signature
from sklearn.linear_model import ElasticNet
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

alpha = float(dbutils.widgets.get("alpha"))
l1_ratio = float(dbutils.widgets.get("l1_ratio"))
features, target = read_table(dbutils.widgets.get("data"), dbutils.widgets.get("target"))
np.random.seed(40)
features_train, features_test, target_train, target_test = train_test_split(features, target)
print(f"{len(features_train)} rows to train on, {len(features_test)} to test on")

# COMMAND ----------

mlflow.set_experiment(dbutils.widgets.get("experiment"))
with mlflow.start_run(run_name=f"alpha {alpha}, l1_ratio {l1_ratio}") as run:
    model = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, random_state=42)
    model.fit(features_train, target_train)
    predicted = model.predict(features_test)
    metrics = {
        "rmse": root_mean_squared_error(target_test, predicted),
        "mae": mean_absolute_error(target_test, predicted),
        "r2": r2_score(target_test, predicted),
    }
    mlflow.log_params({"alpha": alpha, "l1_ratio": l1_ratio})
    mlflow.log_metrics(metrics)
    mlflow.set_tag("modelyard.build", dbutils.widgets.get("build"))
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(features_train, predicted),
        input_example=features_train.head(2),
        serialization_format="skops",
    )
print(metrics)

# COMMAND ----------

dbutils.notebook.exit(json.dumps({"mlflow_run_id": run.info.run_id, "metrics": metrics}))
