"""The manifest as what runs elsewhere: Docker Compose, a Swarm, Cloud Run, Knative."""
