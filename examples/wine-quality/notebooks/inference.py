# Databricks notebook source
# MAGIC %md
# MAGIC # Inference
# MAGIC Loads the model of a run, predicts one row, then the whole table as a Spark column.
# MAGIC The columns are handed over by name, so their order can't go wrong.

# COMMAND ----------

dbutils.widgets.text("data", "/Volumes/main/default/wine-quality/table.csv")
dbutils.widgets.text("target", "quality")
dbutils.widgets.text("model_uri", "")

# COMMAND ----------

# MAGIC %run ./table

# COMMAND ----------

import json

import mlflow

model_uri = dbutils.widgets.get("model_uri")
features, target = read_table(dbutils.widgets.get("data"), dbutils.widgets.get("target"))
model = mlflow.pyfunc.load_model(model_uri)
single = float(model.predict(features.head(1))[0])
print(f"first row: predicted {single:.2f}, was {target.iloc[0]}")

# COMMAND ----------

from pyspark.sql.functions import struct

predict = mlflow.pyfunc.spark_udf(spark, model_uri, env_manager="local")
table = spark.createDataFrame(features)
scored = table.withColumn("prediction", predict(struct(*features.columns)))
display(scored.limit(10))

# COMMAND ----------

dbutils.notebook.exit(json.dumps({"single": single, "rows": scored.count()}))
