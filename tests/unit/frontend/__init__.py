"""services/frontend, module by module."""
