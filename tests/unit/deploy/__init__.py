"""passerelle/deploy, module by module."""
