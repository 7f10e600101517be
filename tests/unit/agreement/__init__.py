"""passerelle/agreement, module by module."""
