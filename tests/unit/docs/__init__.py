"""The documents, held against the code. No process is started."""
