"""passerelle/server, module by module."""
