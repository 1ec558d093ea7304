# Databricks notebook source
# MAGIC %md
# MAGIC # The table
# MAGIC Reads the table at `path`: features and the target column. Other notebooks `%run` this one.

# COMMAND ----------

import pandas as pd


def read_table(path, target):
    """Features (one row an example, columns in the file's order) and target of a table."""
    table = pd.read_csv(path, sep=";")
    if target not in table.columns:
        raise ValueError(f"{path} has no column {target}; it has {', '.join(table.columns)}")
    if table.isna().any().any():
        raise ValueError(f"{path} has rows with missing values")
    # Whole numbers could not hold a missing value later: the model's schema says so, loudly.
    return table.drop(columns=[target]).astype("float64"), table[target]
