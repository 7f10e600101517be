"""One manifest that drives gateway, services and deployments: see README.md."""
