"""services/bake, module by module."""
