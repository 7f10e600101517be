"""passerelle/protocol, module by module."""
