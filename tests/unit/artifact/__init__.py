"""passerelle/artifact, module by module."""
