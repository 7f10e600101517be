"""The tasks, one by one."""
