"""passerelle/local, module by module."""
