"""What is done on this machine: running the manifest as processes, baking, evaluating."""
