"""passerelle/manifest, module by module."""
