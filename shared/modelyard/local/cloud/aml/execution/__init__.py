"""Running graphs of work: commands in environments of their own, and tasks on Databricks clusters.

Whoever receives a graph (in whatever form its clients send it) translates it into a
:class:`~modelyard.local.cloud.aml.execution.graph.Graph`, gives every node the id of its run, and
hands it to :class:`~modelyard.local.cloud.aml.execution.engine.Engine`. From then on
:class:`~modelyard.local.cloud.aml.execution.records.Records` tells how each run fares, and the
blobs below ``azureml/ExperimentRun/dcid.RUN/`` hold its logs and what it left in ``outputs/``.
"""
