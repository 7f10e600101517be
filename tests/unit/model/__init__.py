"""The model service, module by module."""
