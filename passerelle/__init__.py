"""One manifest that drives gateway, services and deployments: see README.md."""

__version__ = "0.2.0"
