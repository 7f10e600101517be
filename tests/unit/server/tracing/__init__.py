"""What is sent to a trace viewer, module by module."""
