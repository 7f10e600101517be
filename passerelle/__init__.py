"""The manifest, and the command line that runs what it declares."""
