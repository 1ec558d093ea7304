"""The ways of aml-pipeline: what Azure ML runs as a pipeline, by the generation of its SDK."""
