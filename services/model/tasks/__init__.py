"""A file for each task: how a model's outputs become an answer. numpy alone."""
