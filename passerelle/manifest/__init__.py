"""models.yaml -> typed, complete models: `reading.read` gives `model.Model`s."""
