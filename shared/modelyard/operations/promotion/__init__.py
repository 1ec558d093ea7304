"""Champion and challenger: which of two versions of a model is the one to use."""
