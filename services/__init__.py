"""The services behind the gateway: they never import `gateway`."""
