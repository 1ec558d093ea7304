"""Where model-select finds the runs of a build, and the models that they left."""
