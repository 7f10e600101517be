"""The result of a bake on disk: a bake writes it, a service reads it."""
