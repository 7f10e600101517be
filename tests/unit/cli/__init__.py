"""passerelle/cli, module by module."""
