"""passerelle/client, module by module."""
