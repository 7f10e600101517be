"""The pictures of a request, module by module."""
